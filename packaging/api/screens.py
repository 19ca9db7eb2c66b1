"""Screens of docks in the API's day: bound, seen at the sign-in, asked for a badge, ended. A badge itself is shown by a reader: Tests/DepotTests/ScreenTests."""
import threading, time


def play(ask, get, post, failures):
    """Somebody with the right `users` is signed in."""

    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: screens: {what}")

    holds("no screen yet", get("/api/v1/screens") == [] and "screen" not in get("/api/v1/session/how"))
    post("/api/v1/screens", {"name": "Dock 1"}, expect=400)
    post("/api/v1/screen/wait", {}, expect=403)
    made = post("/api/v1/screens", {"name": "Dock 1", "zone": "dock-1"}, expect=201)
    post("/api/v1/screens", {"name": "Another", "zone": "dock-1"}, expect=409)
    holds("it is listed", [one["name"] for one in get("/api/v1/screens")] == ["Dock 1"])
    holds("the browser is the dock's screen", get("/api/v1/session/how").get("screen") == "dock-1")
    answers = []

    def wait():
        answers.append(post("/api/v1/screen/wait", {}))

    first, second = threading.Thread(target=wait), threading.Thread(target=wait)
    first.start()
    time.sleep(1)
    second.start()
    first.join(30)
    holds(f"one page of a screen waits: {answers}", answers == [{"state": "replaced"}])
    ask("DELETE", f"/api/v1/screens/{made['id']}", expect=200)
    second.join(30)
    holds("one that ends is told", len(answers) == 2)
    ask("DELETE", f"/api/v1/screens/{made['id']}", expect=404)
    post("/api/v1/screen/wait", {}, expect=403)
