"""What the grammar of the fuzz is made of: literals, and templates by the type that they make.

A template's holes are types: ``{string}.indexOf({string})`` makes an int from two strings. ``T``, ``T2`` and ``C`` (comparable) are chosen at
random, ``E`` and ``K`` are the element and key of what is wanted; ``{v}``, ``{i}`` and ``{k}`` are names of a macro's variables.
Spec: every function and macro of docs/reference/cel-functions.md occurs except kro's own, which cel-go cannot answer for;
``test_differential.py`` asserts it.
"""

from __future__ import annotations

SCALARS = ("int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration")
OPAQUE = ("quantity", "ip", "cidr", "url", "semver")

_SMALLEST, _GREATEST = "-9223372036854775808", "9223372036854775807"
_TEXTS = (
    "''", "'a'", "'b'", "'ab'", "'abc'", "'Hello World'", "'ä€😀'", "'😀'", "'e\\u0301'", "'İıß'", "'\\U0001F600x'", "'a,b,,c'", "' x '", "'\\u00a0x\\u2003'",
    "'a\\nb'", "\"it's\"", "'''tri'ple'''", "r'\\d+'", "'\\t\\x41\\101'", "'%'", "'\"\\\\'", "'true'", "'T'",
)  # fmt: skip
_NUMERALS = (
    "'1'",
    "'-12'",
    "'+7'",
    "'007'",
    "'1.5'",
    "'1e3'",
    "'0x10'",
    "'9223372036854775808'",
    "'-9223372036854775808'",
    "'NaN'",
    "'-Infinity'",
    "'1_0'",
    "' 1'",
)
_TIMES = (
    "'2024-02-29T12:30:45.5Z'", "'2024-02-30T00:00:00Z'", "'2024-07-01T23:59:60Z'", "'2024-12-31T23:00:00-02:00'", "'2024-01-01'", "'0000-01-01T00:00:00Z'",
    "'9999-12-31T23:59:59.999999999Z'", "'2024-02-29t12:30:45z'",
)  # fmt: skip
_SPANS = ("'1h30m'", "'1.5s'", "'-1m0.000000001s'", "'1d'", "'100us'", "'2562047h47m16.854775807s'", "'2562048h'", "'.5s'", "'1'", "'0'")
_QUANTITIES = (
    "1", "500m", "1.5Gi", "2e3", "1E3", "-1Ki", "0", "100n", "1.0", "9223372036854775808", "12E", "1Ei", "0.1", "1.23456789", "1e-3", "+5", "1u", "8192Pi", "1000000k",
)  # fmt: skip
_IPS = ("127.0.0.1", "10.1.2.3", "::1", "2001:db8::1", "0.0.0.0", "ff02::1", "fe80::1", "224.0.0.1", "169.254.1.1", "::", "2001:DB8::A")
_CIDRS = ("10.0.0.0/8", "10.1.2.3/16", "::/0", "2001:db8::/32", "0.0.0.0/0", "192.168.0.1/32", "2001:db8::1/128", "fe80::1/10")
_URLS = (
    "https://u:p@h:80/p%20q?a=1&a=2#f", "/path?x", "http://[::1]:8/", "https://example.com", "HTTP://EXAMPLE.com:443/a/../b;c?b=2&a=%2F&a", "http://h/ä b",
)  # fmt: skip
_VERSIONS = (
    "1.2.3",
    "1.2.3-rc.1",
    "0.0.1+b",
    "10.0.0",
    "1.2.3-alpha",
    "1.2.3-rc.10",
    "1.2.3-1",
    "1.0.0-a.b.c+d.e",
    "18446744073709551615.0.0",
)
_ODD = (
    "'1.5Gi'", "'--1'", "'1ki'", "'1.5.2'", "'1e400'", "'10.0.0.1'", "'10.0.0.01'", "'::ffff:1.2.3.4'", "'fe80::1%eth0'", "'1.2.3.4.5'", "'10.0.0.0/33'",
    "'10.0.0.0/08'", "'::ffff:1.2.3.4/96'", "'v1.2.3'", "'1.2'", "'01.2.3'", "'1.2.3-'", "'1.2.3-01'", "'mailto:x@y'", "'https://h:8/p?q=1'", "'http://h:x/'",
    "'://'", "'http://a b/'", "'%zz'", "'YWI='", "'YWI'", "'YW I='", "'{\"a\":[1,2.5,null,\"x\"]}'", "'{\"a\":1,\"a\":2}'", "'[1,]'", "'1e999'", "r'\"\\ud800\"'", "' {} '",
    "'nul'",
)  # fmt: skip
_PATTERNS = (
    "'[a-c]+'", "'^a'", "'b$'", "r'\\d+'", "'(a)(b)?'", "'.'", "'(?i)A'", "'[[:alpha:]]'", "'a*'", "'(?P<n>a)'", "r'\\pL'", "'('", "'a{2,1}'", "r'(a)\\1'", "'(?=a)'",
    "'a|'", "''", r"'\\bx'",
)  # fmt: skip
_FORMATS = (
    "'%s|%s'", "'%d'", "'%f'", "'%.3f'", "'%e'", "'%.1e'", "'%b'", "'%x'", "'%X'", "'%o'", "'%%'", "'%s'", "'%'", "'%q'", "'%.f'", "'%.0f'", "'%5d'", "'ä%s😀'",
    "'%d%s%d'", "'%.20f'",
)  # fmt: skip

LITERALS: dict[str, tuple[str, ...]] = {
    "int": ("0", "1", "-1", "2", "3", "7", "42", "-5", _GREATEST, _SMALLEST, "0x1f", "-0x1", "100000", "9007199254740993"),
    "uint": ("0u", "1u", "2u", "7U", "0x1Fu", "18446744073709551615u", "9223372036854775808u"),
    "double": (
        "0.0", "1.0", "-1.5", "2.5", "1e3", "1e-7", "1e21", "-0.0", "123456789.125", ".5", "1.7976931348623157e308", "5e-324", "0.1", "9007199254740992.0",
        "9223372036854775808.0", "double('NaN')", "double('Infinity')", "-double('inf')",
    ),
    "string": _TEXTS + _TEXTS + _NUMERALS + _TIMES + _SPANS + _ODD + _PATTERNS[:6],
    "number text": _NUMERALS,
    "time text": _TIMES,
    "span text": _SPANS,
    "odd text": _ODD,
    "pattern": _PATTERNS,
    "format": _FORMATS,
    "zone": ("'UTC'", "'Europe/Berlin'", "'America/New_York'", "'Asia/Kolkata'", "'+02:30'", "'-11:00'", "'00:00'", "'5:30'", "''", "'Nowhere'", "'+25:00'"),
    "bytes": ("b''", "b'a'", "b'abc'", "b'\\xff\\x00'", "b'\\303\\244'", "bytes('ä😀')", "br'\\x'"),
    "bool": ("true", "false"),
    "null": ("null",),
    "timestamp": (
        "timestamp('2024-02-29T12:30:45.123Z')", "timestamp(0)", "timestamp(-1)", "timestamp('0001-01-01T00:00:00Z')", "timestamp('9999-12-31T23:59:59Z')",
        "timestamp('2024-07-01T00:00:00+02:00')", "timestamp('1969-12-31T23:59:59.999999999Z')", "timestamp(253402300799)",
    ),
    "duration": (
        "duration('0s')", "duration('1h30m')", "duration('-1.5s')", "duration('250ms')", "duration('100ns')", "duration('2562047h')", "duration('-2562047h')",
        "duration('1m0.5s')",
    ),
    "quantity": tuple(f"quantity('{text}')" for text in _QUANTITIES),
    "ip": tuple(f"ip('{text}')" for text in _IPS),
    "cidr": tuple(f"cidr('{text}')" for text in _CIDRS),
    "url": tuple(f"url('{text}')" for text in _URLS),
    "semver": tuple(f"semver('{text}')" for text in _VERSIONS),
    "type": ("type(1)", "type('a')", "type([])", "type(null)", "type(1u)", "type(duration('1s'))"),
}  # fmt: skip

_PARTS = ("FullYear", "Month", "DayOfYear", "Date", "DayOfWeek", "DayOfMonth", "Hours", "Minutes", "Seconds", "Milliseconds")
ROOTS: dict[str, tuple[str, ...]] = {
    "int": (
        "{int} + {int}", "{int} - {int}", "{int} * {int}", "{int} / {int}", "{int} % {int}", "-{int}", "size({string})", "size({list(T)})", "{list(T)}.size()",
        "size({map(K, T)})", "{map(K, T)}.size()", "size({bytes})", "{string}.size()", "int({double})", "int({uint})", "int({string})", "int({number text})",
        "int({timestamp})", "int({duration})", "int({int})",
        "{string}.indexOf({string})", "{string}.indexOf({string}, {int})", "{string}.lastIndexOf({string})", "{string}.lastIndexOf({string}, {int})",
        "{list(T)}.indexOf({T})", "{list(T)}.lastIndexOf({T})", *(f"{{timestamp}}.get{part}()" for part in _PARTS),
        *(f"{{timestamp}}.get{part}({{zone}})" for part in _PARTS), "{duration}.getHours()", "{duration}.getMinutes()", "{duration}.getSeconds()",
        "{duration}.getMilliseconds()", "{quantity}.compareTo({quantity})", "{semver}.compareTo({semver})", "{quantity}.sign()", "sign({quantity})",
        "{quantity}.asInteger()", "{ip}.family()", "{cidr}.prefixLength()", "{semver}.major()", "{semver}.minor()", "{semver}.patch()", "{list(int)}.sum()",
        "{list(int)}.min()", "{list(int)}.max()", "{optional(int)}.orValue({int})", "{optional(int)}.value()",
    ),
    "uint": ("{uint} + {uint}", "{uint} - {uint}", "{uint} * {uint}", "{uint} / {uint}", "{uint} % {uint}", "uint({int})", "uint({double})", "uint({string})",
             "uint({number text})", "{list(uint)}.sum()", "{list(uint)}.max()"),
    "double": ("{double} + {double}", "{double} - {double}", "{double} * {double}", "{double} / {double}", "-{double}", "double({int})", "double({uint})",
               "double({string})", "double({number text})", "{list(double)}.sum()", "{list(double)}.min()", "{quantity}.asApproximateFloat()"),
    "string": (
        "{string} + {string}", "string({int})", "string({uint})", "string({double})", "string({bool})", "string({bytes})", "string({timestamp})",
        "string({duration})", "string({ip})", "string({cidr})", "string({string})", "{string}.charAt({int})", "{string}.lowerAscii()", "{string}.upperAscii()",
        "{string}.replace({string}, {string})", "{string}.replace({string}, {string}, {int})", "{string}.substring({int})",
        "{string}.substring({int}, {int})", "{string}.trim()", "{string}.reverse()", "{list(string)}.join()", "{list(string)}.join({string})",
        "{format}.format([{T}, {T2}])", "{format}.format([{T}])", "{format}.format([{int}, {string}, {int}])", "{format}.format({list(T)})", "'%s'.format([{list(T)}])",
        "'%s'.format([{map(K, T)}])", "'%.{int}f'.format([{double}])", "'%d %f %.2f %e'.format([{int}, {double}, {double}, {double}])",
        "'%x %X %o %b'.format([{int}, {string}, {int}, {int}])", "{string}.format([{string}, {int}])", "strings.quote({string})", "base64.encode({bytes})",
        "json.encode({T})", "{string}.find({pattern})", "{string}.find({string})",
        "{url}.getScheme()", "{url}.getHost()", "{url}.getHostname()", "{url}.getPort()", "{url}.getEscapedPath()", "{optional(string)}.orValue({string})",
        "{list(string)}.min()", "{list(string)}.max()", "string({dyn})",
    ),
    "bytes": ("{bytes} + {bytes}", "bytes({string})", "bytes({bytes})", "base64.decode({string})", "base64.decode({odd text})", "base64.decode(base64.encode({bytes}))"),
    "bool": (
        "{T} == {T}", "{T} != {T}", "{C} < {C}", "{C} <= {C}", "{C} > {C}", "{C} >= {C}", "{bool} && {bool}", "{bool} || {bool}", "!{bool}", "{bool} && {bool} && {bool}",
        "{T} in {list(T)}", "{string} in {map(string, T)}", "{K} in {map(K, T)}", "{dyn} in {dyn}", "{string}.contains({string})", "{string}.startsWith({string})",
        "{string}.endsWith({string})", "{string}.matches({pattern})", "matches({string}, {pattern})", "{string}.matches({string})", "bool({string})", "bool({bool})",
        "isURL({string})", "isURL({odd text})", "isQuantity({string})", "isQuantity({odd text})", "isIP({string})", "isIP({odd text})", "isCIDR({string})",
        "isCIDR({odd text})", "isSemver({string})", "isSemver({odd text})", "ip.isCanonical({string})", "ip.isCanonical({odd text})", "{ip}.isLoopback()",
        "{ip}.isGlobalUnicast()", "{ip}.isUnspecified()", "{ip}.isLinkLocalUnicast()", "{ip}.isLinkLocalMulticast()", "{cidr}.containsIP({ip})",
        "{cidr}.containsIP({string})", "{cidr}.containsCIDR({cidr})", "{cidr}.containsCIDR({string})", "{quantity}.isLessThan({quantity})",
        "{quantity}.isGreaterThan({quantity})", "{quantity}.isInteger()", "{semver}.isLessThan({semver})", "{semver}.isGreaterThan({semver})",
        "{optional(T)}.hasValue()", "{list(C)}.isSorted()",
        "{list(T)}.all({v}, {bool})", "{list(T)}.exists({v}, {bool})", "{list(T)}.exists_one({v}, {bool})", "{map(K, T)}.all({v}, {bool})",
        "{map(K, T)}.exists({v}, {bool})", "{map(K, T)}.exists_one({v}, {bool})", "{list(T)}.all({i}, {v}, {bool})", "{list(T)}.exists({i}, {v}, {bool})",
        "{map(K, T)}.all({k}, {v}, {bool})", "{map(K, T)}.exists({k}, {v}, {bool})", "{list(T)}.existsOne({i}, {v}, {bool})", "{list(T)}.exists_one({i}, {v}, {bool})",
        "{map(K, T)}.existsOne({k}, {v}, {bool})", "has({dyn}.a)", "has({map(string, T)}.a)", "has(o.a.b)", "has(md.a.b)", "{double} < {int}", "{dyn} == {T}",
        "{dyn} < {dyn}", "{dyn} && {bool}", "{optional(T)} == {optional(T)}",
    ),
    "timestamp": ("{timestamp} + {duration}", "{timestamp} - {duration}", "timestamp({string})", "timestamp({time text})", "timestamp({int})", "{duration} + {timestamp}"),
    "duration": ("{duration} + {duration}", "{duration} - {duration}", "{timestamp} - {timestamp}", "duration({string})", "duration({span text})",
                 "{list(duration)}.sum()"),
    "dyn": ("dyn({T})", "o.a", "o.b", "o.l[{int}]", "o[{string}]", "o.a.b.c", "o[{dyn}]", "ld[{int}]", "md[{string}]", "md.a", "md.a.b[{int}]", "o.l.sum()", "ld.max()",
            "ld.min()", "ld.isSorted()", "o.l", "[{T}, {T2}][{int}]",
            "{dyn} + {dyn}", "{dyn} - {dyn}",
            "{dyn} * {dyn}", "{dyn} / {dyn}", "{dyn} % {dyn}", "-{dyn}", "schema.spec.loose.a",
            "schema.spec.loose[{string}]"),
    "quantity": ("{quantity}.add({quantity})", "{quantity}.sub({quantity})", "{quantity}.add({int})", "{quantity}.sub({int})", "quantity({string})", "quantity({odd text})"),
    "ip": ("{cidr}.ip()", "ip({string})", "ip({odd text})"),
    "cidr": ("{cidr}.masked()", "cidr({string})", "cidr({odd text})"),
    "url": ("url({string})", "url({odd text})"),
    "semver": ("semver({string})", "semver({odd text})"),
    "type": ("type({T})", "type({list(T)})", "type({dyn})"),
    "null": ("o.n",),
}  # fmt: skip

LISTS = (
    "[{E}]", "[{E}, {E}]", "[{E}, {E}, {E}]", "[]", "{list(E)} + {list(E)}", "{list(E)}.slice({int}, {int})", "{list(E)}.reverse()", "{list(E)}.distinct()",
    "[{list(E)}, {list(E)}].flatten()", "{list(E)}.filter({v}, {bool})", "{list(T)}.map({v}, {E})", "{list(T)}.map({v}, {bool}, {E})", "{map(K, T)}.map({v}, {E})",
    "{list(T)}.transformList({i}, {v}, {E})", "{list(T)}.transformList({i}, {v}, {bool}, {E})", "{map(K, T)}.transformList({k}, {v}, {E})",
    "{map(K, T)}.transformList({k}, {v}, {bool}, {E})", "[?{optional(E)}, {E}]", "[{E}, ?{optional(E)}, ?{optional(E)}]", "[{optional(E)}].unwrapOpt()",
    "optional.unwrap([{optional(E)}, {optional(E)}])", "{list(E)}.sortBy({v}, {C})",
)  # fmt: skip
LISTS_OF: dict[str, tuple[str, ...]] = {
    "string": (
        "{string}.split({string})", "{string}.split({string}, {int})", "{string}.findAll({pattern})", "{string}.findAll({pattern}, {int})", "{map(string, T)}.map({v}, {v})",
        "{url}.getQuery()[{string}]",
    ),
    "int": ("lists.range({int} % 5)", "lists.range({int})", "{list(list(int))}.flatten()"),
    "dyn": ("[{list(T)}, {T}].flatten()", "{list(dyn)}.flatten({int})", "o.l"),
    **{kind: (f"{{list({kind})}}.sort()",) for kind in ("uint", "double", "bool", "bytes", "timestamp", "duration")},
}  # fmt: skip
LISTS_OF["string"] += ("{list(string)}.sort()",)
LISTS_OF["int"] += ("{list(int)}.sort()",)
MAPS = (
    "{{{K}: {E}}}", "{{{K}: {E}, {K}: {E}}}", "{{}}", "{map(K, T)}.transformMap({k}, {v}, {E})", "{map(K, T)}.transformMap({k}, {v}, {bool}, {E})",
    "{list(E)}.transformMapEntry({i}, {v}, {{{K}: {E}}})", "{map(K, T)}.transformMapEntry({k}, {v}, {bool}, {{{K}: {E}}})", "{{?{K}: {optional(E)}}}",
    "{{{K}: {E}, ?{K}: {optional(E)}}}",
)  # fmt: skip
OPTIONALS = (
    "optional.of({E})", "optional.none()", "optional.ofNonZeroValue({E})", "{map(string, E)}.?a", "{map(string, E)}[?{string}]", "{list(E)}[?{int}]",
    "{list(E)}.first()", "{list(E)}.last()", "{optional(E)}.or({optional(E)})", "{optional(T)}.optMap({v}, {E})", "{optional(T)}.optFlatMap({v}, {optional(E)})",
    "{map(string, map(string, E))}.?a.b", "{map(string, map(string, E))}.?a[?{string}]", "{optional(list(E))}[?{int}]",
)  # fmt: skip
OPTIONALS_OF: dict[str, tuple[str, ...]] = {"dyn": ("o.?a", "o.?a.?b", "o[?{string}]", "o.?l[?{int}]", "md.?a.b")}
ANYWHERE = (
    "{bool} ? {E} : {E}", "({E})", "cel.bind({v}, {T}, {E})", "{list(E)}[{int}]", "{map(K, E)}[{K}]", "{optional(E)}.value()", "{optional(E)}.orValue({E})",
    "{map(string, E)}.a", "{map(string, E)}['b']", "dyn({E})", "{list(E)}[{double}]", "[{E}].filter({v}, {bool})[0]",
)  # fmt: skip
