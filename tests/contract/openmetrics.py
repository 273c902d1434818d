"""Reads the numbers of a server as strictly as a scraper may: every family has its type and unit,
every sample belongs to one, and the document has its end. Says how many families there are."""

import sys
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

address, token = sys.argv[1:]
request = urllib.request.Request(address, headers={"authorization": f"Bearer {token}"})
with urllib.request.urlopen(request, timeout=30) as answer:
    kind = answer.headers["content-type"]
    text = answer.read().decode()
if not kind.startswith("application/openmetrics-text; version=1.0.0"):
    sys.exit(f"the numbers are called {kind}")
families = list(text_string_to_metric_families(text))
for family in families:
    if not family.documentation:
        sys.exit(f"{family.name} does not say what it is")
print(f"{len(families)} families of numbers")
