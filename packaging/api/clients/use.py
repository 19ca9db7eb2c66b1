"""Uses the Python client that openapi-python-client made of the document: use.py URL FOLDER COOKIE"""
import sys

url, folder, cookie = sys.argv[1:4]
sys.dont_write_bytecode = True
sys.path.insert(0, folder)
from quai_client import Client
from quai_client.api.default import get_deliveries, get_deliveries_id, post_deliveries_blind
from quai_client.models import BlindDelivery

name, value = cookie.split("=", 1)
client = Client(base_url=url, cookies={name: value})
made = post_deliveries_blind.sync(client=client, body=BlindDelivery(zone="dock-py", supplier="Python"))
listed = get_deliveries.sync(client=client, days=3)
assert any(one.id == made.id and one.supplier == "Python" for one in listed.deliveries), "the delivery is not in the list"
missing = get_deliveries_id.sync_detailed(999999, client=client)
assert (missing.status_code, missing.parsed.code) == (404, "no-such-delivery"), missing
print(f"test-api: a Python client received delivery {made.id}")
