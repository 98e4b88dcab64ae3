"""The people and places every test may use: two compounds of one city, and who works there."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from assets.models import Region, Site
from assets.queries.places import list_region_path
from assets.sites import create_region, create_site
from people.models import SYSTEM, Actor, Role
from people.passwords import hash_password
from people.queries.grants import create_grant
from people.queries.persons import create_person
from store.db import Database

PASSWORD = "yi-er-san-si-wu"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Someone of the cast. Everyone signs in with PASSWORD."""

    id: int
    username: str
    display_name: str

    @property
    def actor(self) -> Actor:
        """Them, making a change."""
        return Actor(person_id=self.id, ip="127.0.0.1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """At wutong 梧桐苑: guard, leader, engineer, manager. Sun manages jinxiu 锦绣里 alone; Liu oversees wutong's district."""

    wang: Member
    li: Member
    zhao: Member
    chen: Member
    sun: Member
    liu: Member
    admin: Member


@pytest.fixture
def city(db: Database, now: datetime) -> Region:
    """上海市, in which both compounds lie."""
    with db.transaction() as conn:
        return create_region(conn, SYSTEM, now=now, name="上海市")


@pytest.fixture
def wutong(db: Database, city: Region, now: datetime) -> Site:
    """梧桐苑 in 花木街道 of 浦东新区."""
    with db.transaction() as conn:
        district = create_region(conn, SYSTEM, now=now, parent_id=city.id, name="浦东新区")
        street = create_region(conn, SYSTEM, now=now, parent_id=district.id, name="花木街道")
        return create_site(conn, SYSTEM, now=now, slug="wutong", name="梧桐苑", region_id=street.id)


@pytest.fixture
def jinxiu(db: Database, city: Region, now: datetime) -> Site:
    """锦绣里 in 徐汇区: nobody of wutong may see it."""
    with db.transaction() as conn:
        district = create_region(conn, SYSTEM, now=now, parent_id=city.id, name="徐汇区")
        return create_site(conn, SYSTEM, now=now, slug="jinxiu", name="锦绣里", region_id=district.id)


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of PASSWORD, made once: hashing is slow on purpose."""
    return hash_password(PASSWORD)


@pytest.fixture
def cast(db: Database, wutong: Site, jinxiu: Site, password_hash: str, now: datetime) -> Cast:
    """Everyone, with their roles."""
    with db.transaction() as conn:
        district = list_region_path(conn, wutong.region_id)[1]

        def add(username: str, display_name: str, role: Role, *, site: Site | None = None, region: Region | None = None) -> Member:
            # Not the verb: it would hash each password anew.
            person_id = create_person(
                conn, username=username, display_name=display_name, password_hash=password_hash, language=None, now=now
            )
            assert person_id is not None
            create_grant(conn, person_id=person_id, role=role, site_id=site and site.id, region_id=region and region.id)
            return Member(id=person_id, username=username, display_name=display_name)

        return Cast(
            wang=add("wang", "王卫国", "guard", site=wutong),
            li=add("li", "李建军", "leader", site=wutong),
            zhao=add("zhao", "赵工", "engineer", site=wutong),
            chen=add("chen", "陈静", "manager", site=wutong),
            sun=add("sun", "孙丽", "manager", site=jinxiu),
            liu=add("liu", "刘区长", "regional", region=district),
            admin=add("admin", "管理员", "admin"),
        )
