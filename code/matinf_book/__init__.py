"""The press: it executes the pages, prints the site, and refuses to publish a broken one."""

import sys

# Where jsonschema finds this package, it compiles a grammar of addresses for two seconds and more,
# in every process that reads a notebook. Nothing here checks an address by a schema.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
