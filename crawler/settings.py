"""Scrapy settings of every crawl, each with its reason. `dateline crawl` and `scrapy crawl` both read them."""

import os
from importlib.metadata import PackageNotFoundError, version

from archive.layout import DEFAULT


def _version() -> str:
    try:
        return version("dateline")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


BOT_NAME = "dateline"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"

# ------------------------------------------------------------------ who we are
DATELINE_VERSION = _version()
DATELINE_CONTACT = os.environ.get("DATELINE_CONTACT", "")  # else what `dateline init --contact` wrote down
USER_AGENT = f"Dateline/{DATELINE_VERSION}"  # the spider adds the contact

# ------------------------------------------------------------------ where it goes
DATELINE_ARCHIVE = os.environ.get("DATELINE_ARCHIVE", str(DEFAULT))
DATELINE_ALLOW: list[str] = []  # CIDR blocks that may be reached although they are not global (crawler.guard)
DATELINE_SHARED_ADDRESSES: list[str] = []  # CIDR blocks behind which stand servers that know nothing of each other
DATELINE_RESOLVE: list[str] = []  # NAME[:PORT]:ADDR[:PORT]: names that are looked up here and nowhere else
DATELINE_MAX_PAGES = 0  # fetches a run; 0: as many as are due
DATELINE_MAX_TIME_S = 0.0  # seconds a run may take before it begins nothing new; 0: no bound
DATELINE_MIN_FREE = 256 << 20  # bytes that must stay free on the archive's disk
DATELINE_DEDUP = "archive"  # how far back a body sent again is a revisit of the first: off, run, archive
DATELINE_RETRY_FIRST_S = 30.0  # wait after the first fault of the moment; six times longer after each more
DATELINE_PATIENCE_S = 0.0  # wait that long at the end of a run for what is not yet due

# ------------------------------------------------------------------ the wire
DOWNLOAD_HANDLERS = {
    "http": "crawler.wire.WireHandler",
    "https": "crawler.wire.WireHandler",
    "file": None,  # a page must not make us read our own disk
    "data": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.guard.resolver.GuardedResolver"
DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default verifies nothing
DOWNLOAD_MAXSIZE = 8 << 20  # a news page is 0.3 MB; 16 MB bodies at once cost 437 MB (notes: trust 1.2)
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 60  # of the whole fetch; Scrapy's 180 s times one host's queue is an hour
DATELINE_IN_FLIGHT_BYTES = 20 << 20  # of all responses beyond a page's size together; the others wait
DATELINE_FLOOR_BYTES_S = 50.0  # a response slower than that, over a whole window, is cut
DATELINE_FLOOR_WINDOW_S = 20.0
DOWNLOAD_FAIL_ON_DATALOSS = True  # a cut body is an outcome of its own; its bytes are kept all the same
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip",  # warcio and pywb cannot decode zstd, nor br beside Scrapy's brotli
}

# ------------------------------------------------------------------ politeness
CONCURRENT_REQUESTS = 64  # one each of that many hosts: those that hang for a minute must not keep the others waiting
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # and the frontier leases one of each politeness group
DOWNLOAD_DELAY = 3.0  # seconds; a site's [polite] delay and robots.txt's Crawl-delay may say more
DOWNLOAD_DELAY_JITTER = 0.0  # a delay is a promise: never less
ROBOTSTXT_OBEY = False  # Scrapy's own fails open (RFC 9309, 2.3.1.4); crawler.politeness does not
AUTOTHROTTLE_ENABLED = False

# ------------------------------------------------------------------ middlewares
# The frontier decides about redirects, retries and repetitions, and remembers why: visits carry `dont_redirect` and
# `dont_retry`, so that Scrapy's own still serve `scrapy shell` and `scrapy fetch`.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.addresses.AddressMiddleware": 50,
    "crawler.politeness.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.politeness.CompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
}
SPIDER_MIDDLEWARES = {
    # Each of these can drop a request without a callback; the frontier has its own, with an outcome.
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
}
COOKIES_ENABLED = False  # 3,000 cookies of 3 kB cost 110 MB, and a news page needs none
METAREFRESH_ENABLED = False

# ------------------------------------------------------------------ the machine
CONCURRENT_ITEMS = 4  # Scrapy starts that many tasks for each response; 4 costs 0.75 of 100
REACTOR_THREADPOOL_MAXSIZE = 32  # it looks names up: 8 name servers that hang would keep every other host waiting
TELNETCONSOLE_ENABLED = False  # both open a port that runs code
REMOTE_CONTROL_ENABLED = False
SCHEDULER_DEBUG = False
STATS_DUMP = False  # the report says it in words
LOG_LEVEL = os.environ.get("DATELINE_LOG_LEVEL", "INFO")
FEED_EXPORT_ENCODING = "utf-8"
