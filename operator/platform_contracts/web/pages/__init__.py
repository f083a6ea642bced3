"""One module a page: what is asked for, what of it may be seen, and the template."""

# Where an object's own page is. What is no name is nowhere: the API server is not asked about it.
OBJECT = "{namespace:[a-z0-9-]{1,63}}/{name:[a-z0-9.-]{1,253}}"
