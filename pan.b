	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* PROC P */
;
		;
		;
		;
		;
		;
		
	case 6: // STATE 19
		;
		p_restor(II);
		;
		;
		goto R999;
	}

