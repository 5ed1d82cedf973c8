"""Every function and macro of kro's environment (docs/reference/cel-functions.md): a right use, a use with a wrong type, and an edge case.

The right use of a function uses each of its overloads, and that of a macro each number of arguments; ``test_library_table.py`` sees to it.
Every expression is also put to cel-go, except those with functions of :data:`KRO`, and must be answered alike (``make test-conformance``).
"""

from __future__ import annotations

from dataclasses import dataclass

from graphcore.cel.library import conditions, hash, json, kro_lists, maps, omit, random
from graphcore.cel.library.conditions import RUNTIME

KRO = frozenset(function.name for library in (conditions, hash, json, kro_lists, maps, omit, random) for function in library.FUNCTIONS) | {
    "newCondition"
}
"""Functions and macros of kro's own, which cel-go cannot answer for; kro's vectors hold for them."""
NO_MATCH = "found no matching overload for "


@dataclass(frozen=True)
class Row:
    """One function or macro.

    right: an expression that is true. edge: another one, or one that fails with part of the message.
    wrong: an expression that is refused when compiled; message: part of the reason.
    """

    right: str
    wrong: str
    edge: str | tuple[str, str]
    message: str = NO_MATCH


_TIME = "timestamp('2024-02-29T23:04:05.678Z')"

ROWS: dict[str, Row] = {
    # Standard functions and operators
    "_+_": Row(
        "1 + 2 == 3 && 1u + 2u == 3u && 1.5 + 2.0 == 3.5 && 'a' + 'b' == 'ab' && b'a' + b'b' == b'ab' && [1] + [2] == [1, 2]"
        " && duration('1m') + duration('1s') == duration('61s') && timestamp('2024-02-28T23:59:00Z') + duration('1m') == timestamp(1709164800)"
        " && duration('1m') + timestamp(0) == timestamp(60)", "1 + 'a'", ("9223372036854775807 + 1", "overflow")),
    "_-_": Row(
        "3 - 1 == 2 && 3u - 1u == 2u && 1.5 - 0.5 == 1.0 && duration('1m') - duration('90s') == duration('-30s')"
        " && timestamp(60) - duration('1m') == timestamp(0) && timestamp(90) - timestamp(0) == duration('90s')", "'a' - 'b'", ("0u - 1u", "overflow")),
    "_*_": Row("2 * 3 == 6 && 2u * 3u == 6u && 1.5 * 2.0 == 3.0", "2 * 1.5", ("9223372036854775807 * 2", "overflow")),
    "_/_": Row("7 / 2 == 3 && -7 / 2 == -3 && 7u / 2u == 3u && 1.0 / 4.0 == 0.25", "1 / 2.0", ("1 / 0", "division by zero")),
    "_%_": Row("7 % 3 == 1 && -7 % 3 == -1 && 7u % 3u == 1u", "1.0 % 2.0", ("1 % 0", "modulus by zero")),
    "-_": Row("-(1) == 0 - 1 && -(1.5) == -1.5", "-'a'", ("-(-9223372036854775807 - 1)", "overflow")),
    "!_": Row("!false", "!1", "!(1 > 2)"),
    "_==_": Row("1 == 1 && [1] == [1] && {'a': 1} == {'a': 1}", "1 == 'a'", "dyn(1) == 1.0 && dyn(1u) == 1 && dyn('1') != 1"),
    "_!=_": Row("1 != 2", "1 != 'a'", "dyn(null) != false"),
    "_<_": Row(
        "1 < 2 && 1u < 2u && 1.5 < 2.0 && 'B' < 'a' && b'a' < b'b' && false < true && timestamp(0) < timestamp(1) && duration('1s') < duration('1m')", "1 < 1.5", "dyn(1) < 1.5"),
    "_<=_": Row(
        "1 <= 1 && 1u <= 2u && 1.5 <= 1.5 && 'a' <= 'ab' && b'' <= b'b' && false <= false && timestamp(0) <= timestamp(0) && duration('1s') <= duration('1m')", "1 <= 'a'", "dyn(2u) <= 2"),
    "_>_": Row(
        "2 > 1 && 2u > 1u && 1.5 > -1.5 && 'b' > 'a' && b'b' > b'a' && true > false && timestamp(1) > timestamp(0) && duration('1m') > duration('1s')", "[1] > [0]", "dyn(2.5) > 2"),
    "_>=_": Row(
        "2 >= 2 && 2u >= 1u && 1.5 >= 1.5 && 'b' >= 'a' && b'b' >= b'' && true >= true && timestamp(1) >= timestamp(0) && duration('1m') >= duration('1s')", "{} >= {}", "timestamp('2024-01-02T00:00:00Z') >= timestamp('2024-01-01T00:00:00Z')"),
    "_&&_": Row("true && !false", "1 && true", "(1 / 0 > 0 && false) == false", "expected type 'bool' but found 'int'"),
    "_||_": Row("false || true", "'a' || true", "1 / 0 > 0 || true", "expected type 'bool' but found 'string'"),
    "_?_:_": Row("(true ? 1 : 2) == 1", "true ? 1 : 'a'", "(true ? dyn(1) : 'a') == 1"),
    "@in": Row("1 in [1, 2] && 'a' in {'a': 1}", "'a' in [1]", "!(3 in [1, 2]) && dyn(1.0) in [1]"),
    "_[_]": Row(
        "[1, 2][1] == 2 && {'a': 1}['a'] == 1 && optional.of([1])[0].value() == 1 && optional.of({'a': 1})['a'].value() == 1", "[1]['a']", ("[1][1]", "index out of bounds")),
    "size": Row(
        "size('äb') == 2 && 'äb'.size() == 2 && size(b'ab') == 2 && b'ab'.size() == 2 && size([1]) == 1 && [1, 2].size() == 2"
        " && size({'a': 1}) == 1 && {'a': 1}.size() == 1", "size(1)", "size(b'\\xc3\\xa4') == 2"),
    "type": Row("type(1) == type(2)", "type()", "type(type(1)) != type(1)"),
    "dyn": Row("dyn(1) == 1", "dyn()", "type(dyn('a')) == type('b')"),
    "int": Row(
        "int('42') == 42 && int(1.9) == 1 && int(-1.9) == -1 && int(1) == 1 && int(2u) == 2 && int(timestamp(60)) == 60 && int(duration('1m')) == 60000000000", "int(b'1')", ("int('4x')", "type conversion error")),
    "uint": Row("uint(42) == 42u && uint(1u) == 1u && uint(1.9) == 1u && uint('42') == 42u", "uint(b'1')", ("uint(-1)", "overflow")),
    "double": Row("double('1.5') == 1.5 && double(2) == 2.0 && double(2u) == 2.0 && double(1.5) == 1.5", "double(true)", ("double('x')", "type conversion error")),
    "string": Row(
        "string(1) == '1' && string(2u) == '2' && string(true) == 'true' && string(1.5) == '1.5' && string('a') == 'a' && string(b'\\xc3\\xa4') == 'ä'"
        " && string(timestamp(0)) == '1970-01-01T00:00:00Z' && string(duration('1h30m')) == '5400s' && string(ip('::1')) == '::1'"
        " && string(cidr('10.0.0.0/8')) == '10.0.0.0/8'", "string([1])", ("string(b'\\xff')", "UTF-8")),
    "bytes": Row("bytes('ä') == b'\\xc3\\xa4' && bytes(b'a') == b'a'", "bytes(1)", "bytes('') == b''"),
    "bool": Row("bool('true') && !bool('f') && bool(true)", "bool(1)", ("bool('yes')", "type conversion error")),
    "timestamp": Row("timestamp('2024-01-01T00:00:00Z') == timestamp(1704067200) && timestamp(timestamp(0)) == timestamp(0)", "timestamp(1.5)", ("timestamp('x')", "")),
    "duration": Row("duration('1h30m') == duration('90m') && duration(duration('1s')) == duration('1000ms')", "duration(1)", ("duration('x')", "")),
    "contains": Row("'abc'.contains('b')", "'abc'.contains(1)", "'abc'.contains('')"),
    "startsWith": Row("'abc'.startsWith('ab')", "'abc'.startsWith(1)", "!'abc'.startsWith('abcd')"),
    "endsWith": Row("'abc'.endsWith('bc')", "'abc'.endsWith(1)", "'abc'.endsWith('')"),
    "matches": Row("'abc'.matches('^a.c$') && matches('abc', 'b')", "'abc'.matches(1)", ("'abc'.matches('(')", "")),
    "getDate": Row(f"{_TIME}.getDate() == 29 && {_TIME}.getDate('+01:00') == 1", "'a'.getDate()", ("timestamp(0).getDate('Nowhere')", "")),
    "getDayOfMonth": Row(f"{_TIME}.getDayOfMonth() == 28 && {_TIME}.getDayOfMonth('+01:00') == 0", "'a'.getDayOfMonth()", "timestamp(0).getDayOfMonth() == 0"),
    "getDayOfWeek": Row(f"{_TIME}.getDayOfWeek() == 4 && {_TIME}.getDayOfWeek('01:00') == 5", "duration('1s').getDayOfWeek()", "timestamp('2024-03-03T00:00:00Z').getDayOfWeek() == 0"),
    "getDayOfYear": Row(f"{_TIME}.getDayOfYear() == 59 && {_TIME}.getDayOfYear('Asia/Tokyo') == 60", "1.getDayOfYear()", "timestamp('2024-12-31T00:00:00Z').getDayOfYear() == 365"),
    "getFullYear": Row(f"{_TIME}.getFullYear() == 2024 && timestamp(0).getFullYear('-01:00') == 1969", "timestamp(0).getFullYear(1)", "timestamp('0001-01-01T00:00:00Z').getFullYear() == 1"),
    "getHours": Row(
        f"{_TIME}.getHours() == 23 && {_TIME}.getHours('America/New_York') == 18 && duration('90m').getHours() == 1", "'a'.getHours()", "duration('-90m').getHours() == -1"
    ),
    "getMilliseconds": Row(
        f"{_TIME}.getMilliseconds() == 678 && {_TIME}.getMilliseconds('UTC') == 678 && duration('1.5s').getMilliseconds() == 1500",
        "'a'.getMilliseconds()",
        "duration('999999ns').getMilliseconds() == 0",
    ),
    "getMinutes": Row(
        f"{_TIME}.getMinutes() == 4 && {_TIME}.getMinutes('+05:45') == 49 && duration('90s').getMinutes() == 1", "1.getMinutes()", "duration('-90m').getMinutes() == -90"
    ),
    "getMonth": Row(f"{_TIME}.getMonth() == 1 && {_TIME}.getMonth('+01:00') == 2", "duration('1s').getMonth()", "timestamp(0).getMonth('-00:01') == 11"),
    "getSeconds": Row(
        f"{_TIME}.getSeconds() == 5 && {_TIME}.getSeconds('+01:00') == 5 && duration('90m').getSeconds() == 5400", "'a'.getSeconds()", "duration('1999ms').getSeconds() == 1"
    ),
    # Macros
    "has": Row("has({'a': 1}.a) && !has({'a': 1}.b)", "has({'a': 1}['a'])", "has({'a': null}.a)", "invalid argument to has() macro"),
    "all": Row("[1, 2].all(x, x > 0) && {'a': 1}.all(k, v, v == 1)", "[1].all(x, x)", "[].all(x, false)", "expected type 'bool' but found 'int'"),
    "exists": Row("[1, 2].exists(x, x > 1) && [5].exists(i, v, i == 0)", "[1].exists(x, 'a')", "![].exists(x, true)", "expected type 'bool'"),
    "exists_one": Row("[1, 2].exists_one(x, x > 1) && {'a': 1}.exists_one(k, v, v == 1)", "[1].exists_one(x, 'a')", "![2, 2].exists_one(x, x > 1)"),
    "existsOne": Row("{'a': 1}.existsOne(k, v, v == 1)", "{'a': 1}.existsOne(k, v, 'a')", "![1, 1].existsOne(i, v, v == 1)"),
    "map": Row("[1, 2].map(x, x * 2) == [2, 4] && [1, 2].map(x, x > 1, x * 2) == [4]", "'a'.map(x, x)", "{'a': 1}.map(k, k) == ['a']", "cannot be range of a comprehension"),
    "filter": Row("[1, 2].filter(x, x > 1) == [2]", "[1].filter(x, x)", "{'a': 1}.filter(k, k == 'b') == []"),
    "transformList": Row("['a'].transformList(i, v, v + string(i)) == ['a0'] && {'a': 1}.transformList(k, v, v > 1, k) == []", "['a'].transformList(i, v, v + i)", "[].transformList(i, v, 1 / 0) == []"),
    "transformMap": Row("{'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && [7].transformMap(i, v, v > 7, v) == {}", "{'a': 1}.transformMap(k, v, v + 'a')", "{'a': null}.transformMap(k, v, k) == {'a': 'a'}"),
    "transformMapEntry": Row(
        "{'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'} && [1, 2].transformMapEntry(i, v, v > 1, {v: i}) == {2: 1}",
        "{'a': 1}.transformMapEntry(k, v, k)",
        ("{'a': 'x', 'b': 'x'}.transformMapEntry(k, v, {v: k})", "insert failed"),
    ),
    "cel.@mapInsert": Row(
        "[3].transformMap(i, v, v) == {0: 3} && [3].transformMapEntry(i, v, {v: i}) == {3: 0}",
        "{'a': 1}.transformMapEntry(k, v, 1)",
        ("[1, 1].transformMapEntry(i, v, {v: i})", "insert failed"),
    ),
    "cel.bind": Row("cel.bind(x, 2, x * x) == 4", "cel.bind(x, 2, x + 'a')", "cel.bind(x, 1, cel.bind(x, 2, x) + x) == 3"),
    "sortBy": Row("[{'n': 2}, {'n': 1}].sortBy(e, e.n) == [{'n': 1}, {'n': 2}]", "[1].sortBy(e, [e])", "[].sortBy(e, e) == []"),
    "@sortByAssociatedKeys": Row(
        "['bb', 'a'].sortBy(e, size(e)) == ['a', 'bb'] && [2, 1].sortBy(e, uint(e)) == [1, 2] && [1, 2].sortBy(e, -double(e)) == [2, 1]"
        " && [1, 2].sortBy(e, e < 2) == [2, 1] && [1, 2].sortBy(e, duration(string(3 - e) + 's')) == [2, 1]"
        " && [2, 1].sortBy(e, timestamp(e)) == [1, 2] && [10, 9].sortBy(e, string(e)) == [10, 9] && ['b', 'a'].sortBy(e, bytes(e)) == ['a', 'b']",
        "['a'].sortBy(e, {})",
        ("[1, 2].sortBy(e, e > 1 ? dyn(1) : dyn('a'))", "same type")
    ),
    "optMap": Row("{'a': 1}.?a.optMap(v, v + 1).value() == 2", "optional.of(1).optMap(v, v + 'a')", "!{}.?a.optMap(v, v).hasValue()"),
    "optFlatMap": Row(
        "{'a': {'b': 1}}.?a.optFlatMap(v, v.?b).value() == 1",
        "optional.of(1).optFlatMap(v, v)",
        "!optional.of(1).optFlatMap(v, optional.none()).hasValue()",
    ),
    # Strings
    "charAt": Row("'hello'.charAt(1) == 'e'", "'hello'.charAt('1')", ("'hello'.charAt(6)", "index out of range")),
    "indexOf": Row("'hello'.indexOf('l') == 2 && 'hello'.indexOf('l', 3) == 3 && [1, 2, 2].indexOf(2) == 1", "'hello'.indexOf(1)", "'hello'.indexOf('l', 4) == -1 && [].indexOf(1) == -1"),
    "lastIndexOf": Row(
        "'hello'.lastIndexOf('l') == 3 && 'hello'.lastIndexOf('l', 2) == 2 && [1, 2, 2].lastIndexOf(2) == 2",
        "'hello'.lastIndexOf(1)",
        ("'hello'.lastIndexOf('l', -1)", "index out of range"),
    ),
    "lowerAscii": Row("'TacoCat'.lowerAscii() == 'tacocat'", "1.5.lowerAscii()", "'ÄA'.lowerAscii() == 'Äa'"),
    "upperAscii": Row("'TacoCat'.upperAscii() == 'TACOCAT'", "[].upperAscii()", "'äa'.upperAscii() == 'äA'"),
    "replace": Row("'hello'.replace('l', 'L') == 'heLLo' && 'hello'.replace('l', '', 1) == 'helo'", "'a'.replace('a', 1)", "'aaa'.replace('a', 'b', 0) == 'aaa' && 'aaa'.replace('a', 'b', -1) == 'bbb' && 'ab'.replace('', '-') == '-a-b-'"),
    "split": Row("'a,b'.split(',') == ['a', 'b'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']", "'a'.split(1)", "''.split('') == [] && ''.split(',') == [''] && 'a,b'.split(',', 0) == [] && 'a,b'.split(',', 1) == ['a,b']"),
    "substring": Row("'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'", "'a'.substring('0')", ("'abc'.substring(2, 1)", "invalid substring range")),
    "trim": Row("' \\t a \\n'.trim() == 'a'", "1.0.trim()", "'\\u200ba\\u00a0'.trim() == '\\u200ba'"),
    "reverse": Row("'gums'.reverse() == 'smug' && [1, 2].reverse() == [2, 1]", "{}.reverse()", "''.reverse() == '' && [].reverse() == []"),
    "join": Row("['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'", "[1].join()", ("dyn(['a', 1]).join()", "")),
    "format": Row(
        "'%s %d %.2f %e %b %x %X %o %%'.format(['a', 1, 1.5, 10.0, 5, 255, 'hi', 8]) == 'a 1 1.50 1.000000e+01 101 ff 6869 10 %'",
        "'%d'.format(['a'])",
        "'%s'.format([{'b': [1, null], 'a': 1.0}]) == '{a: 1, b: [1, null]}'",
        "decimal clause can only be used on ints, uints, and doubles, was given string",
    ),
    "strings.quote": Row("strings.quote('a\\n\"b\"') == '\"a\\\\n\\\\\"b\\\\\"\"'", "strings.quote(1)", "strings.quote('') == '\"\"'"),
    # Lists
    "slice": Row("[1, 2, 3].slice(1, 3) == [2, 3]", "[1].slice('0', 1)", ("[1].slice(0, 2)", "cannot slice")),
    "flatten": Row("[[1], [2, 3]].flatten() == [1, 2, 3] && [[1], [[2]]].flatten(1) == [1, [2]]", "'a'.flatten()", "[1, [2, [3, [4]]]].flatten(2) == [1, 2, 3, [4]]"),
    "sort": Row(
        "[3, 1, 2].sort() == [1, 2, 3] && [2u, 1u].sort() == [1u, 2u] && [2.0, 1.5].sort() == [1.5, 2.0] && [true, false].sort() == [false, true]"
        " && ['b', 'a'].sort() == ['a', 'b'] && [b'b', b'a'].sort() == [b'a', b'b'] && [duration('1m'), duration('1s')].sort()[0] == duration('1s')"
        " && [timestamp(1), timestamp(0)].sort()[0] == timestamp(0)", "[[1]].sort()", ("dyn([1, 'a']).sort()", "")),
    "distinct": Row("[1, 2, 2].distinct() == [1, 2]", "{}.distinct()", "[dyn(1), 1.0, 1u, true, '1'].distinct() == [dyn(1), true, '1']"),
    "lists.range": Row("lists.range(3) == [0, 1, 2]", "lists.range('3')", ("lists.range(-1)", "size must be non-negative")),
    "isSorted": Row(
        "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && ![2u, 1u].isSorted() && [1.5, 2.0].isSorted() && [false, true].isSorted()"
        " && [b'a', b'b'].isSorted() && ![timestamp(1), timestamp(0)].isSorted() && [duration('1s'), duration('1m')].isSorted()", "[[1]].isSorted()", "[].isSorted()"),
    "sum": Row("[1, 2].sum() == 3 && [1u, 2u].sum() == 3u && [1.5, 2.0].sum() == 3.5 && [duration('1m'), duration('1s')].sum() == duration('61s')", "['a'].sum()", "[].sum() == 0"),
    "min": Row(
        "[3, 1, 2].min() == 1 && [2u, 1u].min() == 1u && [2.0, 1.5].min() == 1.5 && [true, false].min() == false && ['b', 'a'].min() == 'a'"
        " && [b'b', b'a'].min() == b'a' && [timestamp(1), timestamp(0)].min() == timestamp(0) && [duration('1m'), duration('1s')].min() == duration('1s')", "[[1]].min()", ("[].min()", "min called on empty list")),
    "max": Row(
        "[3, 1, 2].max() == 3 && [2u, 1u].max() == 2u && [2.0, 1.5].max() == 2.0 && [true, false].max() && ['a', 'c', 'b'].max() == 'c'"
        " && [b'b', b'a'].max() == b'b' && [timestamp(1), timestamp(0)].max() == timestamp(1) && [duration('1m'), duration('1s')].max() == duration('1m')", "[{}].max()", ("[].max()", "max called on empty list")),
    # Encoders
    "base64.encode": Row("base64.encode(bytes('hello')) == 'aGVsbG8='", "base64.encode('hello')", "base64.encode(b'') == ''"),
    "base64.decode": Row("base64.decode('aGVsbG8=') == b'hello'", "base64.decode(b'aGVsbG8=')", "base64.decode('aGVsbG8') == b'hello'"),
    "json.encode": Row("json.encode({'b': [1, 2.5], 'a': null}) == '{\"a\":null,\"b\":[1,2.5]}'", "json.encode()", "json.encode(9007199254740993) == '\"9007199254740993\"'"),
    # Optionals
    "optional.of": Row("optional.of(1).value() == 1", "optional.of()", "optional.of(null).hasValue()"),
    "optional.ofNonZeroValue": Row("optional.ofNonZeroValue('a').hasValue()", "optional.ofNonZeroValue()", "![optional.ofNonZeroValue(0), optional.ofNonZeroValue(0)].exists(o, o.hasValue())"),
    "optional.none": Row("!optional.none().hasValue()", "optional.none(1)", "optional.none() == optional.none()"),
    "value": Row("optional.of('a').value() == 'a'", "'a'.value()", ("optional.none().value()", "optional.none() dereference")),
    "hasValue": Row("optional.of(1).hasValue()", "[].hasValue()", "!{}.?a.hasValue()"),
    "or": Row("optional.none().or(optional.of(1)).value() == 1", "optional.of(1).or(1)", "optional.of(1).or(optional.of(1 / 0)).value() == 1"),
    "orValue": Row("{}.?a.orValue(1) == 1", "optional.of(1).orValue('a')", "optional.of(1).orValue(1 / 0) == 1"),
    "optional.unwrap": Row("optional.unwrap([optional.of(1), optional.none()]) == [1]", "optional.unwrap([1])", "optional.unwrap([]) == []"),
    "unwrapOpt": Row("[optional.none(), optional.of(2)].unwrapOpt() == [2]", "[1].unwrapOpt()", ("dyn([1]).unwrapOpt()", "")),
    "first": Row("[1, 2].first().value() == 1", "'a'.first()", "![].first().hasValue()"),
    "last": Row("[1, 2].last().value() == 2", "'a'.last()", "![].last().hasValue()"),
    "_?._": Row("{'a': 1}.?a.value() == 1", "'x'.?a", "!{'a': {}}.?a.b.c.hasValue()", "does not support field selection"),
    "_[?_]": Row(
        "[1][?0].value() == 1 && {'a': 1}[?'a'].hasValue() && optional.of([1])[?0].value() == 1 && optional.of({'a': 1})[?'a'].value() == 1", "[1][?'a']", "![1][?1].hasValue()"),
    "[?e]": Row("[?optional.of(1), ?optional.none()] == [1]", "[?1]", "[?{}.?a] == []", "expected type 'optional_type"),
    "{?k: e}": Row("{?'a': optional.of(1)} == {'a': 1}", "{?'a': 1}", "{?'a': {}.?b} == {}", "expected type 'optional_type"),
    # URLs
    "url": Row("url('https://example.com/p').getHost() == 'example.com'", "url(1)", ("url('../p')", "URL parse error")),
    "isURL": Row("isURL('https://example.com')", "isURL(1)", "isURL('/p') && !isURL('p') && !isURL('') && !isURL('https://a:b:c/')"),
    "getScheme": Row("url('HTTPS://example.com').getScheme() == 'https'", "'a'.getScheme()", "url('/p').getScheme() == ''"),
    "getHost": Row("url('https://[::1]:80/').getHost() == '[::1]:80'", "'a'.getHost()", "url('/p').getHost() == ''"),
    "getHostname": Row("url('https://example.com:80/').getHostname() == 'example.com'", "'a'.getHostname()", "url('https://[::1]:80/').getHostname() == '::1'"),
    "getPort": Row("url('https://example.com:80/').getPort() == '80'", "'a'.getPort()", "url('https://example.com/').getPort() == ''"),
    "getEscapedPath": Row("url('https://example.com/with space/').getEscapedPath() == '/with%20space/'", "'a'.getEscapedPath()", "url('https://example.com').getEscapedPath() == ''"),
    "getQuery": Row("url('https://e.com/?k=a&l=b&l=c').getQuery() == {'k': ['a'], 'l': ['b', 'c']}", "'a'.getQuery()", "url('https://e.com/?').getQuery() == {}"),
    # Regular expressions
    "find": Row("'abc 123'.find('[0-9]+') == '123'", "'a'.find(1)", "'abc'.find('x') == ''"),
    "findAll": Row("'1 a 22'.findAll('[0-9]+') == ['1', '22'] && '1 a 22'.findAll('[0-9]+', 1) == ['1']", "'a'.findAll(1)", "'1 2'.findAll('[0-9]+', 0) == [] && 'ab'.findAll('x*') == ['', '', '']"),
    # Quantities
    "quantity": Row("quantity('1.5Gi') == quantity('1536Mi')", "quantity(1)", ("quantity('200K')", "quantities must match")),
    "isQuantity": Row("isQuantity('500m')", "isQuantity(1)", "!isQuantity('1,3G') && !isQuantity('') && isQuantity('1e3')"),
    "sign": Row("sign(quantity('-1')) == -1", "sign(1)", "sign(quantity('0')) == 0"),
    "add": Row("quantity('50k').add(quantity('20k')).isGreaterThan(quantity('69k')) && quantity('50k').add(20).asInteger() == 50020", "quantity('1').add('1')", "quantity('0.5').add(quantity('500m')).compareTo(quantity('1')) == 0"),
    "sub": Row("quantity('50k').sub(quantity('20k')).asInteger() == 30000 && sign(quantity('1').sub(2)) == -1", "quantity('1').sub('1')", "quantity('1').sub(1).asInteger() == 0"),
    "isLessThan": Row(
        "quantity('50M').isLessThan(quantity('50Mi')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))",
        "quantity('1').isLessThan(semver('1.0.0'))",
        "!quantity('0.2G').isLessThan(quantity('200M'))",
    ),
    "isGreaterThan": Row(
        "quantity('150Mi').isGreaterThan(quantity('100Mi')) && semver('1.10.0').isGreaterThan(semver('1.9.0'))",
        "quantity('1').isGreaterThan(1)",
        "!semver('1.0.0+b').isGreaterThan(semver('1.0.0'))",
    ),
    "compareTo": Row("quantity('200M').compareTo(quantity('0.2G')) == 0 && semver('1.0.0').compareTo(semver('0.9.0')) == 1", "quantity('1').compareTo(1)", "semver('1.0.0').compareTo(semver('2.0.0')) == -1"),
    "asInteger": Row("quantity('50k').asInteger() == 50000", "'1'.asInteger()", ("quantity('1.5').asInteger()", "cannot convert value to integer")),
    "asApproximateFloat": Row("quantity('500m').asApproximateFloat() == 0.5", "'1'.asApproximateFloat()", "quantity('0').asApproximateFloat() == 0.0"),
    "isInteger": Row("quantity('50k').isInteger()", "'1'.isInteger()", "!quantity('500m').isInteger() && !quantity('9999999999999999999999G').isInteger()"),
    # Addresses
    "ip": Row("ip('127.0.0.1').family() == 4 && cidr('10.0.0.1/8').ip() == ip('10.0.0.1')", "ip(1)", ("ip('127.0.0.256')", "parse error")),
    "isIP": Row("isIP('::1')", "isIP(1)", "!isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0') && !isIP('01.2.3.4')"),
    "ip.isCanonical": Row("ip.isCanonical('2001:db8::abcd')", "ip.isCanonical(1)", "!ip.isCanonical('2001:DB8::ABCD')"),
    "family": Row("ip('::1').family() == 6", "'a'.family()", "ip('0.0.0.0').family() == 4"),
    "isUnspecified": Row("ip('::').isUnspecified()", "'::'.isUnspecified()", "!ip('::1').isUnspecified()"),
    "isLoopback": Row("ip('127.1.2.3').isLoopback()", "'::1'.isLoopback()", "!ip('192.168.0.1').isLoopback()"),
    "isLinkLocalMulticast": Row("ip('224.0.0.1').isLinkLocalMulticast()", "'a'.isLinkLocalMulticast()", "!ip('224.0.1.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast()"),
    "isLinkLocalUnicast": Row("ip('169.254.169.254').isLinkLocalUnicast()", "'a'.isLinkLocalUnicast()", "ip('fe80::1').isLinkLocalUnicast() && !ip('fd80::1').isLinkLocalUnicast()"),
    "isGlobalUnicast": Row("ip('192.168.0.1').isGlobalUnicast()", "'a'.isGlobalUnicast()", "!ip('255.255.255.255').isGlobalUnicast() && !ip('ff00::1').isGlobalUnicast()"),
    "cidr": Row("string(cidr('10.0.0.0/8')) == '10.0.0.0/8'", "cidr(1)", ("cidr('10.0.0.0/33')", "parse error")),
    "isCIDR": Row("isCIDR('::1/128')", "isCIDR(1)", "!isCIDR('10.0.0.0') && !isCIDR('10.0.0.0/08')"),
    "containsIP": Row("cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && cidr('10.0.0.0/8').containsIP('10.1.1.1')", "cidr('10.0.0.0/8').containsIP(1)", "!cidr('0.0.0.0/0').containsIP('::1')"),
    "containsCIDR": Row("cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && cidr('10.0.0.0/8').containsCIDR('10.0.0.0/8')", "cidr('10.0.0.0/8').containsCIDR(1)", "!cidr('192.168.10.0/24').containsCIDR('192.168.0.0/16')"),
    "prefixLength": Row("cidr('192.168.0.0/16').prefixLength() == 16", "'a'.prefixLength()", "cidr('::/0').prefixLength() == 0"),
    "masked": Row("cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24')", "'a'.masked()", "cidr('192.168.0.1/24') != cidr('192.168.0.0/24')"),
    # Versions
    "semver": Row("semver('1.2.3') == semver('1.2.3+build')", "semver('v1.0', true)", ("semver('v1.0.0')", "invalid version")),
    "isSemver": Row("isSemver('1.2.3-rc.1')", "isSemver(1)", "!isSemver('1.0') && !isSemver('01.0.0')"),
    "major": Row("semver('1.2.3').major() == 1", "'1'.major()", "semver('0.2.3').major() == 0"),
    "minor": Row("semver('1.2.3').minor() == 2", "'1'.minor()", "semver('1.0.3').minor() == 0 && semver('1.9223372036854775807.0').minor() == 9223372036854775807"),
    "patch": Row("semver('1.2.3').patch() == 3", "'1'.patch()", "semver('1.2.3-rc.1+b').patch() == 3"),
    # kro
    "hash.fnv64a": Row("base64.encode(hash.fnv64a('hello world')) == 'd5pl5wI80uc='", "hash.fnv64a(b'x')", "size(hash.fnv64a('')) == 8"),
    "hash.sha256": Row("size(hash.sha256('a')) == 32", "hash.sha256(1)", "base64.encode(hash.sha256('')).startsWith('47DEQpj8HBSa')"),
    "hash.md5": Row("size(hash.md5('a')) == 16", "hash.md5(1)", "base64.encode(hash.md5('')) == '1B2M2Y8AsgTpgAmY7PhCfg=='"),
    "json.unmarshal": Row("json.unmarshal('{\"a\": [1, null]}') == {'a': [1.0, null]}", "json.unmarshal(1)", ("json.unmarshal('{')", "failed to parse JSON")),
    "json.marshal": Row(
        "json.marshal({'b': b'hi', 'a': '<&>'}) == '{\"a\":\"\\\\u003c\\\\u0026\\\\u003e\",\"b\":\"aGk=\"}'",
        "json.marshal()",
        ("json.marshal({1: 2})", "map key must be string"),
    ),
    "random.seededString": Row("random.seededString(8, 'abc') == 'r6qfjs5d'", "random.seededString('8', 'abc')", ("random.seededString(0, 'abc')", "length must be positive")),
    "random.seededInt": Row("random.seededInt(30000, 32768, 'abc') == 32138", "random.seededInt(1, 2, 3)", ("random.seededInt(2, 2, 'a')", "min must be less than max")),
    "merge": Row("{'a': 1, 'b': 1}.merge({'b': 2}) == {'a': 1, 'b': 2}", "{'a': 1}.merge({'b': 'c'})", "{}.merge({'a': 1}) == {'a': 1}"),
    "deepMerge": Row(
        "{'a': {'x': 1, 'l': [1]}}.deepMerge({'a': {'y': 2, 'l': [2]}}) == {'a': {'x': 1, 'y': 2, 'l': [2]}}",
        "{}.deepMerge()",
        ("{}.deepMerge([1])", "no such overload"),
    ),
    "lists.setAtIndex": Row("lists.setAtIndex([1, 2], 1, 9) == [1, 9]", "lists.setAtIndex([1], 0, 'a')", ("lists.setAtIndex([1], 1, 9)", "index out of bounds")),
    "lists.insertAtIndex": Row("lists.insertAtIndex([1, 2], 1, 9) == [1, 9, 2]", "lists.insertAtIndex([1], 'a', 1)", "lists.insertAtIndex([1], 1, 2) == [1, 2]"),
    "lists.removeAtIndex": Row("lists.removeAtIndex([1, 2], 0) == [2]", "lists.removeAtIndex([1])", ("lists.removeAtIndex([], 0)", "index out of bounds")),
    "omit": Row("{'a': omit()}.size() == 1", "omit(1)", ("omit() == 1", "")),
    "newCondition": Row(
        "runtime.newCondition({type: 'A', status: 'True'}).reason == ''",
        "runtime.newCondition({type: 1, status: 2})",
        ("runtime.newCondition({type: 'A', status: x.s})", "status must be one of True, False, Unknown"),
    ),
    "condition": Row(
        "runtime.condition(x, 'Ready').status == 'True'",
        "runtime.condition(x, 1)",
        "runtime.condition(x, 'None').status == '' && runtime.condition({}, 'A').type == ''",
    ),
}  # fmt: skip

VARIABLES = {"x": {"s": "Maybe", "status": {"conditions": [{"type": "Other"}, {"type": "Ready", "status": "True"}]}}, "runtime": RUNTIME}
