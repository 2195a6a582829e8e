"""A web that means harm: what it answers, what it links to, and a crawl of all of it at once."""
