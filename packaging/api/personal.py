"""Data protection in the API's day: who looked at whom, exports that prove themselves, what is kept about a client, masked for whoever lacks
the right, and erased. Of each line of the export the link is made again here: the digest of the link before and of its own.
"""
import hashlib, json, time, urllib.parse

# As packaging/api/day imports the client.
NUMBER = "01 45 67 00 02"
PASSWORD = "another long password"


def play(get, post, ask, wait, failures, again):
    """`again` signs in whoever was signed in before."""
    of = urllib.parse.quote(NUMBER)
    client = next((one for one in get(f"/api/v1/parties?q={of}") if one["reference"] == "C7"), None)
    if client is None:
        return failures.append("day: the client of the file is not found by its number")
    get(f"/api/v1/parties/{client['id']}")
    # Written a moment later, by the writer.
    wait("nobody's look at a card stands in the trail", lambda: any(
        one["what"] == "personal.card" and one["subject"] == str(client["id"]) for one in get("/api/v1/audit?kind=reads")))
    if get("/api/v1/audit?kind=reads&from=1&to=2") or any(one["what"].startswith("personal.") for one in get("/api/v1/audit?kind=deeds")):
        failures.append("day: the trail's filters let through what they should not")
    lines = [json.loads(line) for line in get("/api/v1/audit/export.jsonl").decode().splitlines()]
    if not lines or any(hashlib.sha256((one["previous"] + one["digest"]).encode()).hexdigest().lower() != one["link"].lower() for one in lines):
        failures.append("day: a line of the trail's export does not prove itself")
    get("/api/v1/audit/export.csv?kind=reads")
    get("/api/v1/retention")
    for form in ["csv", "xlsx", "pdf"]:
        get(f"/api/v1/processing/export.{form}?lang=en")

    # Whoever lacks the right sees neither number nor name.
    ask("PUT", "/api/v1/roles/counter", {"actions": ["clients.see"]}, expect=200)
    post("/api/v1/users", {"name": "Yann", "password": PASSWORD, "roles": ["counter"]})
    post("/api/v1/session", {"name": "Yann", "password": PASSWORD})
    seen = json.dumps(get("/api/v1/parties?q=Dupont"), ensure_ascii=False) + json.dumps(get(f"/api/v1/parties/{client['id']}"), ensure_ascii=False)
    if "Jeanne" in seen or "45 67" in seen or "Dupont SARL" not in seen:
        failures.append(f"day: without the right personal a client reads {seen[:300]}")
    get(f"/api/v1/personal?of={of}", expect=403)
    again()

    kept = get(f"/api/v1/personal?of={of}")
    if not {"party", "party_number"} <= {one["place"] for one in kept["places"]}:
        failures.append(f"day: of a client's number is kept {kept}")
    get("/api/v1/personal?of=x", expect=400)
    whole = get(f"/api/v1/personal/export.json?of={of}")
    if "Jeanne Dupont" not in json.dumps(whole):
        failures.append("day: the access file does not name its client")
    if b"Jeanne Dupont" not in get(f"/api/v1/personal/export.html?of={of}&lang=fr"):
        failures.append("day: the access page does not name its client")
    post("/api/v1/personal/erase", {"number": "Jeanne Dupont", "dryRun": True}, expect=400)
    dry = post("/api/v1/personal/erase", {"number": NUMBER})
    done = post("/api/v1/personal/erase", {"number": NUMBER, "dryRun": False})
    if not dry["dryRun"] or dry["numbers"] != 1 or done["numbers"] != 1:
        failures.append(f"day: the erasure counted {dry}, then {done}")
    # Its own look stands there again, and nothing else.
    time.sleep(1.5)
    left = [one["place"] for one in get(f"/api/v1/personal?of={of}")["places"]]
    if set(left) - {"entry"}:
        failures.append(f"day: after an erasure {left} know the number")
