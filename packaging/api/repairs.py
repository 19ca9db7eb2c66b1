"""What is wrong, as the API tells it: the centre's own findings, the worst first. What gateways find is asked for where one is there."""


def play(get, failures):
    found = get("/api/v1/repairs")
    order = ["broken", "warning", "note"]
    ranks = [order.index(one["severity"]) for one in found]
    if ranks != sorted(ranks):
        failures.append(f"repairs: the worst does not come first: {ranks}")
    # A day's centre never made a copy of its database.
    if not any(one["code"] == "backup-none" and one["place"] == "centre" for one in found):
        failures.append(f"repairs: the centre's own are not there: {[one['code'] for one in found]}")
