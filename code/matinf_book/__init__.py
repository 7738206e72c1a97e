"""The press: it executes the pages, prints the site, and refuses to publish a broken one."""
