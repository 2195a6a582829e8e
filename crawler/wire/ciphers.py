"""Names of TLS versions and cipher suites, as WARC-Protocol and WARC-Cipher-Suite write them."""

import re

_SUITE = re.compile(
    r"(?:(?P<exchange>ECDHE-RSA|ECDHE-ECDSA|DHE-RSA|DHE-DSS)-)?"
    r"(?:(?P<cipher>AES|CAMELLIA)(?P<bits>128|256)(?:-(?P<mode>GCM|CCM8|CCM))?(?:-(?P<mac>SHA(?:256|384)?))?"
    r"|(?P<chacha>CHACHA20)-POLY1305)"
)


def iana_name(openssl_name: str) -> str | None:
    """Return the IANA name of a suite that OpenSSL calls `openssl_name`, or None if it is none of today's.

    OpenSSL uses the IANA names for TLS 1.3 alone.

    >>> iana_name("ECDHE-RSA-AES128-GCM-SHA256"), iana_name("TLS_AES_256_GCM_SHA384")
    ('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384')
    """
    if openssl_name.startswith("TLS_"):
        return openssl_name
    match = _SUITE.fullmatch(openssl_name)
    if match is None:
        return None
    exchange = (match["exchange"] or "RSA").replace("-", "_")
    if match["chacha"]:
        return f"TLS_{exchange}_WITH_CHACHA20_POLY1305_SHA256"
    mode = {"CCM8": "CCM_8", None: "CBC"}.get(match["mode"], match["mode"])
    mac = f"_{match['mac']}" if match["mac"] else ""
    return f"TLS_{exchange}_WITH_{match['cipher']}_{match['bits']}_{mode}{mac}"


def protocol_name(openssl_name: str) -> str:
    """Return the WARC-Protocol of a TLS version.

    >>> protocol_name("TLSv1.3"), protocol_name("TLSv1")
    ('tls/1.3', 'tls/1.0')
    """
    version = openssl_name.removeprefix("TLSv")
    return f"tls/{version if '.' in version else version + '.0'}"
