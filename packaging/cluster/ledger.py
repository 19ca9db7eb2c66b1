"""The verdict: what scanners, exchanges and a page saw, against what stands in the database, by SQL alone."""
import datetime, statistics

import people


def gap(moments, begin, end):
    """The longest time within which no agent was told that the centre has something, in seconds."""
    inside = sorted(moment for moment in moments if begin <= moment <= end)
    edges = [begin, *inside]
    return max((after - before for before, after in zip(edges, edges[1:])), default=end - begin)


def seconds(values):
    return f"{statistics.median(values):.1f} / {max(values):.1f}" if values else "–"


def verdict(cluster, story, options, say):
    rows = cluster.database.ask(
        "SELECT r.subject, r.received, c.subject IS NOT NULL FROM quai.record r LEFT JOIN quai.counted c USING (stream, seq) WHERE r.kind=3")
    made, saved = dict(cluster.scanners.made), dict(cluster.tail.saved)
    stored, doubled, applied, moments = {}, 0, set(), cluster.confirmations.moments
    for text, received, counted in rows:
        if text.startswith("BL-"):
            continue
        doubled += text in stored
        stored[text] = int(received) / 1000
        if counted == "t":
            applied.add(text)
    accepted = {text for text in saved if not text.startswith("BL-")}
    lost, unapplied, invented = accepted - stored.keys(), stored.keys() - applied, stored.keys() - made.keys()
    twice = int(cluster.database.ask(
        "SELECT count(*) FROM (SELECT subject FROM quai.counted GROUP BY subject HAVING count(*) > 1) AS twice")[0][0])
    # What the agents' own accounts say, and the centre's of them.
    accounts = [(people.ask_agent(agent, "buffer") or {}).get("account") or {} for agent in cluster.agents]
    waiting = sum(account.get("pending", 1) for account in accounts)
    produced = sum(account.get("produced", 0) for account in accounts)
    calls = [row[0] for row in cluster.database.ask("SELECT snapshot FROM quai.call")]
    rang, shown = cluster.exchanges.rung, cluster.browser.shown
    known = {digits: sum(digits in snapshot for snapshot in calls) for digits in rang}
    seen = cluster.exchanges.ledgers(cluster.folder)
    missing = [digits for digits in rang if digits in seen and known[digits] == 0]
    more = [digits for digits in rang if known[digits] > 1]
    late = {digits: shown[digits] - at for digits, at in rang.items() if digits in shown}
    never = [digits for digits in rang if digits in seen and digits not in shown]

    table, by_kind = [], {}
    for kind, begin, end in story.told:
        cards = [late[digits] for digits, at in rang.items() if begin - 1 <= at <= end and digits in late]
        by_kind.setdefault(kind, []).append((gap(moments, begin, end), max(cards, default=0.0)))
    for kind, found in by_kind.items():
        table.append(f"| {kind.says} | {len(found)} | {seconds([one for one, _ in found])} | {seconds([other for _, other in found])} |")
    usual = sorted(stored[text] - saved[text] for text in accepted & stored.keys())
    cards = sorted(late.values())

    good = not (lost or twice or doubled or unapplied or invented or missing or more or never or waiting or story.stuck or cluster.browser.refused)
    lines = [
        f"scans: made {len(made)}, accepted {len(accepted)}, stored {len(stored)}, applied {len(applied)}; lost {len(lost)}, "
        f"twice {doubled + twice}, without effect {len(unapplied)}, invented {len(invented)}; the agents' accounts: {produced} produced, {waiting} waiting",
        f"calls: {len(rang)}, of which {len(seen)} rang; in the history {sum(map(bool, known.values()))}, lost {len(missing)}, twice {len(more)}; "
        f"cards shown {len(late)}, never {len(never)}",
        f"usually: a scan is in the centre after {usual[len(usual) // 2] * 1000:.0f} ms, a card is shown after {cards[len(cards) // 2] * 1000:.0f} ms (medians)"
        if usual and cards else "nothing arrived",
        f"the page signed in {cluster.browser.signed_in} times, was told to {len(cluster.browser.refused)} times, its stream ended {len(cluster.browser.closes)} times; centres began anew {cluster.began_anew} times",
        f"{'held' if good else 'BROKEN'}: lost {len(lost) + len(missing)}, twice {doubled + twice + len(more)}; seed {options.seed}, {options.minutes:g} minutes, "
        f"{len(cluster.agents)} agents, {len(cluster.centres)} centres, {len(story.told)} misfortunes",
    ]
    head = ["| misfortune | times | nothing confirmed for, s (median / worst) | latest card, s (median / worst) |", "|---|---|---|---|"]
    for line in head + table + lines:
        say(line)
    for what, texts in (("lost", lost), ("without effect", unapplied), ("invented", invented), ("call lost", missing), ("call twice", more),
                        ("card never shown", never)):
        for text in sorted(texts)[:10]:
            say(f"{what}: {text}" + (f" ({datetime.datetime.fromtimestamp(saved.get(text) or rang.get(text, 0)):%H:%M:%S})"))
    if options.page:
        print("\n".join([*head, *table, "", *lines]))
    return 0 if good else 1
