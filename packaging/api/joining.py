"""An agent joins, in the API's day: its key and request are made by `cryptography`, from Python's index or Debian, and its certificate is read by it. Where that is
not to be had, openssl makes and reads them.
"""
import subprocess, tempfile


def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, text=True, check=True).stdout


def play(ask, get, post, failures):
    def check(right, what):
        if not right:
            failures.append(f"joining: {what}")

    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
    except ImportError:
        x509 = None
    with tempfile.TemporaryDirectory() as folder:
        key = f"{folder}/key"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        request = openssl("req", "-new", "-key", key, "-subj", "/CN=anybody")
        told = get("/api/v1/enrolment/authority")
        authority = told["authority"]
        if x509:
            root = x509.load_pem_x509_certificate(authority.encode())
            check(root.fingerprint(hashes.SHA256()).hex()[:16] == told["signer"], "the mark of who signs")
        made = ask("POST", "/api/v1/gateways/invitations", {"agent": "joiner", "site": "lyon"}, expect=201)
        check(made["line"].startswith("edge-agent join https://localhost:"), "the line")
        token = made["line"].split()[-1]
        wrong = token[:30] + ("0" * 24 if token[30:54] != "0" * 24 else "1" * 24) + token[54:]
        ask("POST", "/api/v1/enrolment", {"token": wrong, "request": request}, expect=403)
        ask("POST", "/api/v1/enrolment", {"token": token, "request": "no request"}, expect=400)
        given = ask("POST", "/api/v1/enrolment", {"token": token, "request": request}, expect=201)
        check((given["agent"], given["site"]) == ("joiner", "lyon"), "agent and site")
        ask("POST", "/api/v1/enrolment/renewal", {"request": request, "roots": [told["signer"]]}, expect=201)
        other = f"{folder}/other"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other)
        ask("POST", "/api/v1/enrolment", {"token": token, "request": openssl("req", "-new", "-key", other, "-subj", "/CN=b")}, expect=409)
        for name, text in (("authority", authority), ("certificate", given["certificate"])):
            open(f"{folder}/{name}", "w").write(text)
        openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", f"{folder}/authority", f"{folder}/certificate")
        if x509:
            read = x509.load_pem_x509_certificate(given["certificate"].encode())
            check(read.subject.rfc4514_string() == "CN=joiner", "the certificate's name")
        check([one["state"] for one in get("/api/v1/gateways/invitations")] == ["used"], "the state of the invitation")
        ask("DELETE", "/api/v1/gateways/invitations/joiner", expect=200)
        ask("DELETE", "/api/v1/gateways/invitations/joiner", expect=404)
        # The later hours of the day know nothing of it.
        ask("DELETE", "/api/v1/gateways/joiner")
