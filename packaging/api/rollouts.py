"""A version on its way to the gateways, in the API's day: what is refused, and every deed once. The gateway that is there does not take versions from the
centre, as none does that was not told so: it is passed over, and the roll-out ends by itself sooner or later.
"""


def play(ask, get, failures):
    def check(right, what):
        if not right:
            failures.append(f"rollouts: {what}")

    ask("POST", "/api/v1/rollouts", {"version": "9; reboot"}, expect=400)
    ask("POST", "/api/v1/rollouts", {"version": "9.9.9", "gateways": ["nobody"]}, expect=404)
    ask("POST", "/api/v1/rollouts/pause", expect=409)
    ask("POST", "/api/v1/rollouts/back", expect=409)
    # It is over when the centre's next look comes in between: then once more.
    for _ in range(5):
        begun = ask("POST", "/api/v1/rollouts", {"version": "9.9.9", "gateways": ["api-agent"]}, expect=201)
        check(begun and [one["name"] for one in begun["members"]] == ["api-agent"], f"who is meant: {begun}")
        ask("POST", "/api/v1/rollouts", {"version": "9.9.9"})
        if all(ask("POST", f"/api/v1/rollouts/{deed}").get("state") for deed in ("pause", "resume", "abandon")):
            break
    last = get("/api/v1/rollouts")
    check([one["state"] for one in last] == ["abandoned"], f"its state at the end: {last}")
    ask("POST", "/api/v1/rollouts/abandon", expect=409)
