"""Pasted addresses: a table of what people paste, and properties that hold for any text."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.services.databricks import address
from wizard.services.databricks.address import read
from wizard.services.databricks.hosts import Kind, classify

H = "dbc-a1b2c3d4-e5f6.cloud.databricks.com"
W = "f6dd72df81d69f03"
ID = "1234567890123456"

U = f"https://{H}/sql/warehouses/{W}?o={ID}"

# paste, host, workspace id, warehouse id
GOOD: list[tuple[str, str, str, str]] = [
    (f"https://{H}/?o={ID}", H, ID, ""),
    (f"https://{H}/?o={ID}#", H, ID, ""),
    (f"https://{H}?o={ID}", H, ID, ""),
    (f"https://{H}#/?o={ID}", H, ID, ""),
    (f"http://{H}/?o={ID}", H, ID, ""),
    (f"HTTPS://{H.upper()}/?o={ID}", H, ID, ""),
    (f"https://{H.upper()}/?O={ID}", H, ID, ""),
    (f"{H}/?o={ID}", H, ID, ""),
    (f"{H}?o={ID}", H, ID, ""),
    (H, H, "", ""),
    (H + "/", H, "", ""),
    (H + ".", H, "", ""),
    (H + ":443", H, "", ""),
    (f"//{H}/?o={ID}", H, ID, ""),
    (f"https:///{H}/?o={ID}", H, ID, ""),
    (f"https://{H}.:443/?o={ID}", H, ID, ""),
    (f"https://{H}:443/?o={ID}", H, ID, ""),
    (f"https://{H}:8443/?o={ID}", H, ID, ""),
    (f"http://{H}:80/?o={ID}", H, ID, ""),
    (f"https:/{H}/?o={ID}", H, ID, ""),
    (f"https:{H}/?o={ID}", H, ID, ""),
    (f"https:\\\\{H}\\?o={ID}", H, ID, ""),
    (f"https://https://{H}/?o={ID}", H, ID, ""),
    (f"ttps://{H}/?o={ID}", H, ID, ""),
    (f"hxxps://{H}/?o={ID}", H, ID, ""),
    (f"view-source:https://{H}/?o={ID}", H, ID, ""),
    (f"\u5de5\u4f5c\u533ahttps://{H}/?o={ID}\u3002", H, ID, ""),
    (f"\u2022https://{H}/?o={ID}\u2026", H, ID, ""),
    (f"https://{H}/?o={ID}\u2014the one for production", H, ID, ""),
    (f"\u8bf7\u6253\u5f00https://{H}/?o={ID}\uff0c\u8c22\u8c22", H, ID, ""),
    (f"\U0001f449https://{H}/?o={ID}\U0001f448", H, ID, ""),
    (f"https://{H}/?o={ID}\ufe0f", H, ID, ""),
    (f"https:\\/\\/{H}\\/?x=1\\u0026o={ID}", H, ID, ""),
    (f"https://{H}/?o={ID}&pad={'x' * 9000}", H, ID, ""),
    (f"https://\n{H}/?o={ID}", H, ID, ""),
    (f"\x1b[200~https://{H}/?o={ID}\x1b[201~", H, ID, ""),
    (f"\x1b[31mhttps://{H}/?o={ID}\x1b[0m", H, ID, ""),
    (f"prod;https://{H}/?o={ID};us-east-1", H, ID, ""),
    (f"prod,https://{H}/?o={ID},us-east-1", H, ID, ""),
    (f"| prod | https://{H}/?o={ID} | 12 |", H, ID, ""),
    (f"{quote(U, safe='')}", H, ID, W),
    (f"{quote(quote(U, safe=''), safe='')}", H, ID, W),
    (f"https://{H}/?o={ID}\n{ID}\n", H, ID, ""),
    (f"HTTP path sql/protocolv1/o/{ID}/0101-abc on {H}", H, ID, ""),
    (f"s3://databricks-{ID}/x is read from {U}", H, ID, W),
    (f"abfss://c@databricks.dfs.core.windows.net/x and {U}", H, ID, W),
    (f"git clone https://acme@dev.azure.com/acme/databricks.git; {U}", H, ID, W),
    (f"git@github.com:databricks.labs/ucx.git {U}", H, ID, W),
    (f"https://databricks.okta.com leads to {U}", H, ID, W),
    (f"https://wiki.acme.com/databricks.html?o=3 says {U}", H, ID, W),
    (f"https://medium.com/@databricks.fan/post {U}", H, ID, W),
    (f"  https://{H}/?o={ID}  ", H, ID, ""),
    (f"\thttps://{H}/?o={ID}\r\n", H, ID, ""),
    (f"https://{H}/?o={ID}\n\n", H, ID, ""),
    (f'"https://{H}/?o={ID}"', H, ID, ""),
    (f"'https://{H}/?o={ID}'", H, ID, ""),
    (f"`https://{H}/?o={ID}`", H, ID, ""),
    (f"“https://{H}/?o={ID}”", H, ID, ""),
    (f"«https://{H}/?o={ID}»", H, ID, ""),
    (f"<https://{H}/?o={ID}>", H, ID, ""),
    (f"(https://{H}/?o={ID})", H, ID, ""),
    (f"[workspace](https://{H}/?o={ID})", H, ID, ""),
    (f"[https://{H}/?o={ID}](https://{H}/?o={ID})", H, ID, ""),
    (f"https://{H}/?o={ID}.", H, ID, ""),
    (f"https://{H}/?o={ID},", H, ID, ""),
    (f"**https://{H}/?o={ID}**", H, ID, ""),
    (f"See https://{H}/?o={ID}, then ask Bob <bob@databricks.com>.", H, ID, ""),
    (f"Our Databricks workspace is {H}/?o={ID} (see docs.databricks.com/aws).", H, ID, ""),
    (f"databricks.yml says host: https://{H}/?o={ID}", H, ID, ""),
    (f"In https://github.com/databricks/cli run it for https://{H}/?o={ID}", H, ID, ""),
    (f"https://accounts.cloud.databricks.com/ leads to https://{H}/?o={ID}", H, ID, ""),
    (f"https://docs.example.com/?o=99 is about https://{H}/?o={ID}", H, ID, ""),
    (f"https://\u200b{H}/\u200b?o={ID}\u200b", H, ID, ""),
    (f"\ufeffhttps://{H}/?o={ID}", H, ID, ""),
    (f"https://{H}/?o=12\u00ad34", H, "1234", ""),
    (f"https://{H}/browse?o={ID}#folder/9", H, ID, ""),
    (f"https://{H}/?o={ID}#job/1/run/2", H, ID, ""),
    (f"https://{H}/#job/1?o={ID}", H, ID, ""),
    (f"https://{H}/?x=1&o={ID}&y=2", H, ID, ""),
    (f"https://{H}/?x=1&amp;o={ID}", H, ID, ""),
    (f"https://{H}/?o={ID}&o={ID}", H, ID, ""),
    (f"https://{H}/?foo=1", H, "", ""),
    (f"https://{H}/?video=5", H, "", ""),
    (f"https://{H}/?o=", H, "", ""),
    (f"https://{H}/?w={ID}", H, ID, ""),
    (f"https://{H}/?workspace_id={ID}", H, ID, ""),
    (f"https://{H}/?w={ID}&o={ID}", H, ID, ""),
    (f"https://{H}/?w=my-space&o={ID}", H, ID, ""),
    (f"https://{H}/?a=5d9a2c0e-7c1c&o={ID}", H, ID, ""),
    (f"https://{H}/?account_id=77&o={ID}", H, ID, ""),
    (f"https://{H}/?a=77", H, "", ""),
    (f"https://{H}/sql/warehouses/{W}?o={ID}", H, ID, W),
    (f"https://{H}/sql/warehouses/{W}/monitoring?o={ID}", H, ID, W),
    (f"https://{H}/sql/warehouses?o={ID}", H, ID, ""),
    (f"https://{H}/sql/warehouses/{W.upper()}?o={ID}", H, ID, W),
    (f"https://{H}/sql/editor/{W}?o={ID}", H, ID, ""),
    (f"https://{H}/sql/1.0/warehouses/{W}", H, "", W),
    (f"https://{H}/sql/1.0/endpoints/{W}", H, "", W),
    (f"https://{H}/sql/endpoints/{W}", H, "", W),
    (
        f"https://{H}/sql/warehouses/01234567-89ab-cdef-0123-456789abcdef",
        H,
        "",
        "01234567-89ab-cdef-0123-456789abcdef",
    ),
    (f"https://{H}/sql/warehouses/nonsense?o={ID}", H, ID, ""),
    (f"https://{H}/sql/warehouses/{W} and /sql/warehouses/{'0' * 16}", H, "", ""),
    (
        f"jdbc:databricks://{H}:443/default;transportMode=http;ssl=1;httpPath=/sql/1.0/warehouses/{W};",
        H,
        "",
        W,
    ),
    (f"jdbc:spark://{H}:443;AuthMech=3;httpPath=sql/protocolv1/o/{ID}/0101-abc/;x=1", H, ID, ""),
    (f"Driver=Simba;Host={H};Port=443;HTTPPath=/sql/1.0/warehouses/{W};SSL=1", H, "", W),
    (f"Server hostname {H}\nHTTP path /sql/1.0/warehouses/{W}", H, "", W),
    (f"DATABRICKS_HOST=https://{H}", H, "", ""),
    (f"DATABRICKS_HOST={H}", H, "", ""),
    (f"export DATABRICKS_HOST='{H}'", H, "", ""),
    (f"host = https://{H}/?o={ID}", H, ID, ""),
    (f"server:{H}", H, "", ""),
    (f'{{"host": "https://{H}", "o": 5}}', H, "", ""),
    (f"databricks auth login --host https://{H} --profile x", H, "", ""),
    (f"https://{H}/?o={ID} https://{H}/sql/warehouses/{W}", H, ID, W),
    (f"https://{H}/?o=1\n2. Then press Start", H, "1", ""),
    ("https://acme-prod.cloud.databricks.com/?o=7", "acme-prod.cloud.databricks.com", "7", ""),
    ("https://oregon.cloud.databricks.com/?o=7", "oregon.cloud.databricks.com", "7", ""),
    ("https://acme.databricks.com/?o=7", "acme.databricks.com", "7", ""),
    ("https://acme.databricks.com/?w=space", "acme.databricks.com", "", "!id.not_numeric"),
]

# paste, code of the first problem
REFUSED: list[tuple[str, str]] = [
    ("", "empty"),
    (" \n\t", "empty"),
    ("\u200b\ufeff", "empty"),
    ("hello", "host.missing"),
    ("Databricks", "host.missing"),
    ("https://", "host.other"),
    (ID, "host.missing"),
    (f"?o={ID}", "host.missing"),
    (f"/sql/1.0/warehouses/{W}", "host.missing"),
    ("bob@databricks.com", "host.missing"),
    ("github.com/databricks/cli", "host.missing"),
    ("mailto:bob@example.com?body=" + quote(U, safe=""), "host.missing"),
    ("example.com/?o=1", "host.other"),
    (f"https://evil.org/?u={quote(U, safe='')}", "host.other"),
    (f"https://evil.org/?u={U}", "host.other"),
    (f"evil.org/?u={U}", "host.missing"),
    (f"https://evil.org/{U}", "host.other"),
    (f"https://evil.org/{H}/?o=1", "host.other"),
    (f"https://google.com.evil.org/url?q={quote(U, safe='')}", "host.other"),
    (f"https://protect-us.mimecast.com/s/abc?domain={H}", "host.wrapped"),
    ("https://bit.ly/3abcde?x", "host.wrapped"),
    ("https://<your-workspace>.cloud.databricks.com/?o=<id>", "host.malformed"),
    ("https://dbc-\u2026.cloud.databricks.com/?o=\u2026", "host.malformed"),
    ("https://my_ws.cloud.databricks.com/?o=1", "host.malformed"),
    ("https://dbc-a1%2ecloud.databricks.com/?o=1", "host.malformed"),
    (f"https://shop-{ID}.aws.databricksapps.com/", "host.site"),
    ("https://databricks-prod-cloudfront.cloud.databricks.com/public/1/2/latest.html", "host.site"),
    ("https://databricks.acme.com/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud.databricks.com%2eevil.org/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud.databricks.com-login.evil.org/?o=1", "host.look_alike"),
    ("https://example.com/?o=1", "host.other"),
    ("http://127.0.0.1:8080/?o=1", "host.other"),
    ("http://localhost/?o=1", "host.other"),
    ("https://accounts.cloud.databricks.com/", "host.account"),
    ("https://accounts.cloud.databricks.com/workspaces/7?account_id=1", "host.account"),
    ("accounts.cloud.databricks.com", "host.account"),
    ("https://accounts.cloud.databricks.us", "host.account"),
    ("https://accounts-dod.cloud.databricks.mil", "host.account"),
    ("https://accounts.azuredatabricks.net", "host.account"),
    ("https://accounts.gcp.databricks.com", "host.account"),
    ("https://login.databricks.com/?next=x", "host.login"),
    ("https://login.cloud.databricks.com", "host.login"),
    (f"https://{H}/login.html?next_url=%2F%3Fo%3D123", "host.login"),
    (f"https://{H}/login?o=1", "host.login"),
    (f"https://{H}/oidc/v1/authorize?client_id=x", "host.login"),
    ("https://adb-1234567890123456.7.azuredatabricks.net/?o=1234567890123456", "host.azure"),
    ("adb-123.7.azuredatabricks.net", "host.azure"),
    ("https://adb-1.2.databricks.azure.us/?o=1", "host.azure"),
    ("https://adb-1.2.databricks.azure.cn/?o=1", "host.china"),
    ("https://acme.cloud.databricks.com.cn/?o=1", "host.china"),
    ("https://1234.5.gcp.databricks.com/?o=1234", "host.gcp"),
    ("https://acme.cloud.databricks.us/?o=1", "host.government"),
    ("https://acme.cloud.databricks.mil/?o=1", "host.government"),
    ("https://docs.databricks.com/aws/en/", "host.site"),
    ("https://www.databricks.com", "host.site"),
    ("https://databricks.com/try", "host.site"),
    ("https://community.cloud.databricks.com/?o=1", "host.site"),
    ("https://cloud.databricks.com/?o=1", "host.site"),
    (f"https://{H}.evil.org/?o=1", "host.look_alike"),
    (f"{H}.evil.org/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud.databricks.com.evil.org", "host.look_alike"),
    ("https://dbc-a1.cloud.databricks.co/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud-databricks.com/?o=1", "host.look_alike"),
    ("https://evildatabricks.com/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud.databr1cks.com/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud.d\u0430tabricks.com/?o=1", "host.look_alike"),
    ("dbc-a1.cloud.d\u0430tabricks.com/?o=1", "host.look_alike"),
    ("https://dbc-a1\u3002cloud.databricks.com/?o=1", "host.look_alike"),
    ("https://dbc-a1.cloud.databricks\uff0ecom/?o=1", "host.look_alike"),
    (f"https://{H} and https://{H}.evil.org", "host.look_alike"),
    (f"https://user:secret@{H}/?o=1", "host.user_info"),
    (f"https://{H}@evil.org/?o=1", "host.user_info"),
    (f"https://{H}\\@evil.org/?o=1", "host.user_info"),
    (f"user:secret@{H}/?o=1", "host.user_info"),
    (f"databricks://token:dapi123@{H}?http_path=/sql/1.0/warehouses/{W}", "host.user_info"),
    (f"https://{H}:44x/?o=1", "host.port"),
    (f"ftp://{H}/?o=1", "host.scheme"),
    (f"https://{H}/?o=1 https://other.cloud.databricks.com/?o=1", "host.conflict"),
    (f"https://{H}/?o=1 https://adb-1.2.azuredatabricks.net", "host.conflict"),
    (f"https://{H}/?o=0", "id.zero"),
    (f"https://{H}/?o=000", "id.zero"),
    (f"https://{H}/?o=0&o=5", "id.zero"),
    (f"https://{H}/?o=abc", "id.not_numeric"),
    (f"https://{H}/?o=12a", "id.not_numeric"),
    (f"https://{H}/?o=-1", "id.not_numeric"),
    (f"https://{H}/?o=1.5", "id.not_numeric"),
    (f"https://{H}/?o=0123", "id.not_numeric"),
    (f"https://{H}/?o=databricks-serverless-1", "id.not_numeric"),
    (f"https://{H}/?o=\u0661\u0662", "id.not_numeric"),
    (f"https://{H}/?o=\uff11\uff12", "id.not_numeric"),
    (f"https://{H}/?o={'9' * 21}", "id.not_numeric"),
    (f"https://{H}/?o=%31", "id.not_numeric"),
    (f"https://{H}/?w=my-space", "id.not_numeric"),
    (f"https://{H}/?workspace_id=x", "id.not_numeric"),
    (f"https://{H}/?o=1&o=2", "id.conflict"),
    (f"https://{H}/?o=1&w=2", "id.conflict"),
    (f"https://{H}/?o=1#/?o=2", "id.conflict"),
    (f"https://{H}/?o=1 https://{H}/?o=2", "id.conflict"),
    (f"https://{H}/?o=1234\n5678", "id.broken"),
    ("https://dbc-a1b2c3d4-\ne5f6.cloud.databricks.com/?o=1", "host.broken"),
    ("dbc-a1b2c3d4-\r\n  e5f6.cloud.databricks.com/?o=1", "host.broken"),
    ("> https://dbc-a1b2c3d4-\n> e5f6.cloud.databricks.com/?o=1", "host.broken"),
    ("https://dbc-a1b2\nc3d4-e5f6.cloud.databricks.com/?o=1", "host.broken"),
    ("https://dbc\u2013a1b2c3d4\u2013e5f6.cloud.databricks.com/?o=1", "host.look_alike"),
    ("https://dbc\u2014a1b2c3d4\u2014e5f6.cloud.databricks.com/?o=1", "host.look_alike"),
    (f"https://{H}/?o=12\u00b2", "id.not_numeric"),
    (f"https://{H}/?o=12\u0661", "id.not_numeric"),
    (f"https://{H}/?o=12\u0430", "id.not_numeric"),
    (f"https://{H}/?o=\n5678", "id.broken"),
    (f"https://{H}/?o=1 234 567", "id.broken"),
    (f"https://{H}/?o=1,234,567", "id.not_numeric"),
    (f"https://{H}/?o=1.234.567", "id.not_numeric"),
]


@pytest.mark.parametrize(("paste", "host", "workspace_id", "warehouse_id"), GOOD)
def test_what_people_paste(paste: str, host: str, workspace_id: str, warehouse_id: str) -> None:
    found = read(paste)
    expected = [warehouse_id[1:]] if warehouse_id.startswith("!") else []
    assert [p.code for p in found.problems] == expected
    warehouse = "" if expected else warehouse_id
    assert (found.host, found.workspace_id, found.warehouse_id) == (host, workspace_id, warehouse)
    assert found.ok is not bool(expected)
    assert found.url == f"https://{host}"
    assert set(found.sources) == {
        name
        for name, value in (("host", host), ("workspace_id", workspace_id), ("warehouse_id", warehouse))
        if value
    }
    assert (address.fault(paste) is None) is not bool(expected)


@pytest.mark.parametrize(("paste", "code"), REFUSED)
def test_what_is_refused_and_why(paste: str, code: str) -> None:
    found = read(paste)
    assert [p.code for p in found.problems][:1] == [code]
    assert not found.ok
    assert all(p.message.endswith(".") and p.remedy.endswith(".") for p in found.problems)
    assert found.problems[0].message in (address.fault(paste) or "")
    assert "secret" not in str(found.as_dict())


def test_there_are_enough_examples() -> None:
    assert len(GOOD) + len(REFUSED) >= 120
    assert len({paste for paste, *_ in GOOD} | {paste for paste, _ in REFUSED}) == len(GOOD) + len(REFUSED)


def test_where_each_part_came_from() -> None:
    found = read(f"https://{H}/sql/warehouses/{W}?o=7")
    assert dict(found.sources) == {
        "host": "the host name",
        "workspace_id": "o=7",
        "warehouse_id": f"/sql/warehouses/{W}",
    }
    assert address.preview(f"https://{H}/?o=7") == (
        f"host: {H}  (from the host name)",
        "workspace id: 7  (from o=7)",
    )
    assert address.preview("") == ()


def _proofpoint_2(link: str) -> str:
    encoded = quote(link, safe="").replace("%2F", "_").replace("-", "%2D").replace("%", "-")
    return f"https://urldefense.proofpoint.com/v2/url?u={encoded}&d=DwMFaQ&c=euG&r=x&m=y&s=z&e="


OUTLOOK = "https://nam02.safelinks.protection.outlook.com"
INNER = quote(U, safe="")
WRAPPED = {
    f"{OUTLOOK}/?url={INNER}&data=05%7C02%7Cbob%40a.com&reserved=0": "Outlook's safe link",
    f"{OUTLOOK}/ap/w-5958/?url={INNER}&data=04": "Outlook's safe link",
    f"https://statics.teams.cdn.office.net/safelinks/1/atp-safelinks.html?url={INNER}&locale=en": "Teams' link",
    f"https://slack-redir.net/link?url={INNER}&v=3": "Slack's link",
    f"https://www.google.com/url?q={INNER}&sa=D&source=docs&ust=1700000000&usg=AOv": "Google's link",
    f"https://www.google.com/url?q={U}&sa=D&source=docs": "Google's link",
    f"https://www.google.co.uk/url?sa=t&url={INNER}": "Google's link",
    _proofpoint_2(U): "Proofpoint's link",
    f"https://urldefense.com/v3/__{U}__;!!AbC!def$": "Proofpoint's link",
    f"https://urldefense.com/v3/__{U}*job/1__;Iw!!AbC!def$ ": "Proofpoint's link",
    f"https://urldefense.us/v3/__{U}__;!!AbC!def$": "Proofpoint's link",
    f"https://linkprotect.cudasvc.com/url?a={INNER}&c=E,1,x&typo=1": "Barracuda's link",
    f"<https://slack-redir.net/link?url={INNER}|the workspace>": "Slack's link",
    f"{OUTLOOK}/?url=" + quote(f"https://www.google.com/url?q={INNER}&sa=D", safe=""): "Outlook's safe link",
}  # fmt: skip


@pytest.mark.parametrize("paste", WRAPPED)
def test_links_of_mail_and_chat_are_opened(paste: str) -> None:
    for text in (paste, f"Hi,\r\nsee {paste} and tell me.\r\nBob"):
        found = read(text)
        assert (found.host, found.workspace_id, found.warehouse_id, found.problems) == (H, ID, W, ())
        assert found.sources["host"] == f"the link inside {WRAPPED[paste]}"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("https://adb-1.2.azuredatabricks.net/?o=1", "host.azure"),
        ("https://dbc-a1.cloud.databricks.com.evil.org/?o=1", "host.look_alike"),
        (f"https://bob@{H}/?o=1", "host.user_info"),
        (f"https://{H}/?o=0", "id.zero"),
        ("https://example.com/", "host.other"),
    ],
)
def test_what_is_inside_a_link_is_judged_like_the_rest(inner: str, code: str) -> None:
    found = read(f"https://slack-redir.net/link?url={quote(inner, safe='')}")
    assert [p.code for p in found.problems] == [code]


def test_an_encoded_digit_is_never_decoded() -> None:
    paste = f"https://slack-redir.net/link?url=https%3A%2F%2F{H}%2F%3Fo%3D%31%32"
    assert [p.code for p in read(paste).problems] == ["id.not_numeric"]


def test_the_part_that_named_the_host() -> None:
    assert read(f"jdbc:databricks://{H}:443;httpPath=/sql/1.0/warehouses/{W}").sources["host"] == (
        "the JDBC string"
    )
    assert read(f"Driver=Simba;Host={H};Port=443").sources["host"] == "Host="
    assert read(f"DATABRICKS_HOST=https://{H}").sources["host"] == "DATABRICKS_HOST="


@pytest.mark.parametrize(
    ("paste", "cloud"),
    [
        ("https://accounts.cloud.databricks.com", "AWS"),
        ("https://dbc-1.cloud.databricks.us/", "AWS"),
        ("https://adb-1.2.databricks.azure.cn", "AZURE"),
        ("https://example.com", ""),
        (f"https://{H}", "AWS"),
        ("https://adb-1.2.azuredatabricks.net", "AZURE"),
        ("https://1.2.gcp.databricks.com", "GCP"),
        ("https://acme.databricks.com", ""),
    ],
)
def test_the_cloud_is_in_the_name(paste: str, cloud: str) -> None:
    assert read(paste).cloud == cloud


NOTES = [
    (f"https://{H}", "id.missing"),
    (f"https://{H}:8443/?o=1", "host.port_ignored"),
    (f"https://{H}/?w=word&o=1", "id.word"),
    ("https://acme.databricks.com/?o=1", "host.unified"),
    ("https://ohio.cloud.databricks.com/?o=1", "host.regional"),
]


@pytest.mark.parametrize(("paste", "code"), NOTES)
def test_what_is_worth_saying_does_not_stop(paste: str, code: str) -> None:
    found = read(paste)
    assert found.ok
    assert code in [note.code for note in found.notes]


PIECES = st.one_of(
    st.sampled_from(
        ("https://", H, "/", "?o=", "&o=", "&w=", "#", "0", "17", "42", " ", "\n", "@", ":", "443")
    ),
    st.sampled_from(
        ("evil.org", ".", "accounts.", "cloud.databricks.com", "databricks", "/sql/warehouses/", W)
    ),
    st.sampled_from(
        ("\u200b", "é", ";", "<", ")", "https://slack-redir.net/link?url=", "__;", "Iw", "!!", "*")
    ),
    st.sampled_from(
        ("https://urldefense.com/v3/__", "%3A%2F%2F", "%3Fo%3D", "%31", "%2D", "\\", "\x1b[200~")
    ),
    st.sampled_from(("jdbc:databricks://", "Host=", "1,234", "\u2026")),
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=14).map("".join))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_it_never_raises_and_never_invents(paste: str) -> None:
    found = read(paste)
    visible = address._visible(paste)
    assert found.workspace_id in visible
    assert found.warehouse_id in visible.lower()
    assert found.host in visible.lower()
    if found.workspace_id:
        assert found.workspace_id.isascii()
        assert found.workspace_id.isdigit()
        assert not found.workspace_id.startswith("0")
    if found.ok:
        assert classify(found.host) in (Kind.WORKSPACE, Kind.UNIFIED)
    address.preview(paste)
    kept = read(address.kept(paste)) if found.ok else found
    assert (kept.host, kept.workspace_id, kept.warehouse_id, kept.problems) == (
        found.host,
        found.workspace_id,
        found.warehouse_id,
        found.problems,
    )
    again = read(f"{found.url}/?o={found.workspace_id}") if found.ok and found.workspace_id else found
    assert (again.host, again.workspace_id) == (found.host, found.workspace_id)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="dbc-a1.cloudtrisk@:/", max_size=60))
def test_an_accepted_host_is_always_of_databricks(host: str) -> None:
    found = read(f"https://{host}/?o=5")
    assert not found.ok or found.host.endswith((".databricks.com",))


BIG = [
    "x ",
    "://",
    "o=",
    "foo=1 ",
    "databricks ",
    "databricks.com/",
    "é",
    "?o=\n",
    "'",
    "?o=1 ",
    "a.",
    "\u200b",
]


@pytest.mark.parametrize("piece", BIG)
def test_time_grows_with_the_length_only(piece: str) -> None:
    """The time of a large paste is compared with a fourth of it, in one run; a square would be 16 times."""

    def seconds(count: int) -> float:
        text = (piece * count)[: count * 4]
        return min(_timed(text) for _ in range(3))

    small, large = seconds(60_000), seconds(240_000)
    assert large < 10 * small + 0.02


def _timed(text: str) -> float:
    begun = time.perf_counter()
    read(text)
    return time.perf_counter() - begun
