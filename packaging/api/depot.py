"""What is decided at a depot, in the API's day: a script in the agent's place sends two decisions without a PIN that opens; somebody does
one and leaves the other.
"""
import json, time


def play(agent, post, get, wait):
    zone = "depot-gate"
    delivery = post("/api/v1/deliveries/blind", {"supplier": "Sonepar", "zone": zone, "note": "DEPOT-1"})
    if not delivery:
        return
    where = f"/api/v1/deliveries/{delivery['id']}"

    def decision(key, **more):
        text = {"key": key, "delivery": delivery["id"], "name": "Camille", **more}
        return [0, 9, zone, json.dumps(text), {"hex": "00"}]

    rows = [decision("decision-1", kind="close"), decision("decision-2", kind="damaged", gtin="03608439390616", quantity=1, reason="wet")]
    agent.say("s", [1, "00000000000000D0", "s", 1, len(rows), [1, 2, int(time.time() * 1000), True], 2, None, rows])
    if not wait("what was decided at the depot is not proposed", lambda: len(get(where)["proposals"]) == 2):
        return
    close, damaged = get(where)["proposals"]
    post(f"{where}/proposals/{damaged['id']}", {"accept": True}, expect=400)
    post(f"{where}/proposals/{damaged['id']}", {"accept": False})
    post(f"{where}/proposals/{damaged['id']}", {"accept": False}, expect=409)
    post(f"{where}/proposals/{close['id']}", {"accept": True})
