// Small helps on every page.
