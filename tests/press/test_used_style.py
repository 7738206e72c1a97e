"""Style sheets keep what a page can use."""

import pytest

from matinf_book.used_style import cut


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a{x:y}.gone{x:y}", ".a{x:y}"),
        ("p,h1>em{x:y}", "p,h1>em{x:y}"),
        (".a,.gone,.b{x:y}", ".a,.b{x:y}"),
        (".a .gone{x:y}", ""),
        ("#b.a{x:y}#gone{x:y}", "#b.a{x:y}"),
        (".a:not(.gone){x:y}", ".a:not(.gone){x:y}"),
        (":is(.gone,.a,[b='.c,d']) p,.gone{x:y}", ":is(.gone,.a,[b='.c,d']) p{x:y}"),
        ("[class*='.gone']{x:y}", "[class*='.gone']{x:y}"),
        ("@media (min-width: 1px){.a{x:y}.gone{x:y}}", "@media (min-width: 1px){.a{x:y}}"),
        ("@media print{.gone{x:y}}p{x:y}", "p{x:y}"),
        ("@keyframes gone{0%{x:y}to{x:z}}", "@keyframes gone{0%{x:y}to{x:z}}"),
        ("@font-face{src:url(a.woff2)}", "@font-face{src:url(a.woff2)}"),
        ('@charset "UTF-8";.a{content:"}.gone{"}', '@charset "UTF-8";.a{content:"}.gone{"}'),
        (".a{b:url(data:image/svg;{})}.gone{x:y}", ".a{b:url(data:image/svg;{})}"),
        ("/*! .a{ */.gone{x:y}p{x:y}", "/*! .a{ */p{x:y}"),
        (r".w-1\/2{x:y}.w-1\/3{x:y}", r".w-1\/2{x:y}"),
    ],
)
def test_a_rule_is_kept_when_all_its_names_are_used(css: str, kept: str) -> None:
    assert cut(css, {"a", "b", "w-1/2"}) == kept


def test_cutting_twice_is_cutting_once() -> None:
    once = cut(".a{x:y}@media print{.b{x:y}.gone{x:y}}", {"a", "b"})
    assert cut(once, {"a", "b"}) == once
