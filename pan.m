#define rand	pan_rand
#define pthread_equal(a,b)	((a)==(b))
#if defined(HAS_CODE) && defined(VERBOSE)
	#ifdef BFS_PAR
		bfs_printf("Pr: %d Tr: %d\n", II, t->forw);
	#else
		cpu_printf("Pr: %d Tr: %d\n", II, t->forw);
	#endif
#endif
	switch (t->forw) {
	default: Uerror("bad forward move");
	case 0:	/* if without executable clauses */
		continue;
	case 1: /* generic 'goto' or 'skip' */
		IfNotBlocked
		_m = 3; goto P999;
	case 2: /* generic 'else' */
		IfNotBlocked
		if (trpt->o_pm&1) continue;
		_m = 3; goto P999;

		 /* PROC P */
	case 3: // STATE 1 - /tmp/t.pml:5 - [(((u.was&&base[0].at[u.w].lo[1])&&(base[0].at[u.w].lo[1]<=u.was)))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][1] = 1;
		if (!(((((int)u.was)&&((int)now.base[0].at[ Index(((int)u.w), 2) ].lo[1]))&&(((int)now.base[0].at[ Index(((int)u.w), 2) ].lo[1])<=((int)u.was)))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 4: // STATE 7 - /tmp/t.pml:6 - [(((u.was&&(base[0].at[u.w].lo[1]<=u.was))&&(u.was<=base[0].at[u.w].hi[1])))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][7] = 1;
		if (!(((((int)u.was)&&(((int)now.base[0].at[ Index(((int)u.w), 2) ].lo[1])<=((int)u.was)))&&(((int)u.was)<=((int)now.base[0].at[ Index(((int)u.w), 2) ].hi[1])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 5: // STATE 13 - /tmp/t.pml:6 - [(((3&&(base[0].at[u.w].lo[1]<=3))&&(3<=base[0].at[u.w].hi[1])))] (0:0:0 - 1)
		IfNotBlocked
		reached[0][13] = 1;
		if (!(((3&&(((int)now.base[0].at[ Index(((int)u.w), 2) ].lo[1])<=3))&&(3<=((int)now.base[0].at[ Index(((int)u.w), 2) ].hi[1])))))
			continue;
		_m = 3; goto P999; /* 0 */
	case 6: // STATE 19 - /tmp/t.pml:7 - [-end-] (0:0:0 - 3)
		IfNotBlocked
		reached[0][19] = 1;
		if (!delproc(1, II)) continue;
		_m = 3; goto P999; /* 0 */
	case  _T5:	/* np_ */
		if (!((!(trpt->o_pm&4) && !(trpt->tau&128))))
			continue;
		/* else fall through */
	case  _T2:	/* true */
		_m = 3; goto P999;
#undef rand
	}

