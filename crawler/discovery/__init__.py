"""From the bytes of a feed, sitemap or page to Links."""
