"""The study, a tiny one written by hand to be broken in every way, and a browser for pages."""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import building
import pytest
from browsing import SITE
from hypothesis import HealthCheck, settings

from helpers.load import load_study

# How long a test takes says nothing about the code on a machine that others use too.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

DATA = Path(__file__).parents[1] / "data"
# As root, and without asking any host for updates.
CHROMIUM = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

# Four people, so that every number about them can be worked out in the head. Nobody exists.
TINY = {
    "study.toml": """\
title = "Four people"
records = "synthetic"
private = false

[compare]
group = "sex"
labels = { woman = "women", man = "men" }

[scale]
answers = "omi"
items = "omi_items"
low = 0
high = 5
ends = ["no", "yes"]

[themes]
coder = "consensus"

[quotes]
beside = ["job_title", "sex", "age", "years_experience"]
""",
    "study/participants.csv": """\
participant_id,sex,age,job_title,years_experience,work_setting,continuing_education,\
close_person_diagnosed,own_diagnosis,sought_treatment,patient_contact,recovery_opinion,\
recovery_as_cure
P01,woman,40,psychologist,12,public,true,false,false,false,true,depends,false
P02,man,33,psychiatrist,7,both,false,true,false,false,true,not_possible,true
P03,woman,51,nurse,25,public,false,true,true,true,true,possible,false
P04,man,29,other,2,private,false,false,false,false,false,,
""",
    "study/responses.csv": """\
participant_id,question,language,text
P01,recovery,en,"With treatment, some do."
P02,recovery,en,Not that I have seen.
P03,recovery,en,"With treatment, and with family."
P01,relapse,en,Stopping treatment.
""",
    "study/codings.csv": """\
participant_id,question,theme,language,coder,start,end
P01,recovery,treatment,en,consensus,5,14
P01,recovery,treatment,en,consensus,16,23
P03,recovery,treatment,en,consensus,5,14
P03,recovery,family,en,consensus,25,31
P03,recovery,family,en,c1,25,31
P01,relapse,no_treatment,en,consensus,0,18
""",
    "study/remarks.csv": """\
participant_id,question,remark
P02,recovery,clinical
""",
    "published/vocabulary.csv": """\
language,form,word,theme
en,families,family,family
""",
    "study/omi.csv": """\
participant_id,sex,item_01,item_02,item_03,item_04,item_05,item_06,item_07,item_08,item_09,\
item_10,item_11
P01,woman,5,0,1,2,3,4,5,0,1,2,3
P02,man,1,2,0,4,3,2,1,5,4,3,2
P03,woman,4,1,2,3,4,5,4,1,2,3,4
P04,man,0,3,1,5,2,1,0,4,3,,1
""",
    "published/facts.csv": """\
fact_id,chapter,label,printed,unit,base_n,section,status,note,table,statistic,column,where,base,\
conflicts_with
N,one,People,4,people,,Methods,reported,,participants,count,,,,
W,one,Women,51,%,4,Methods,reported,No count out of 4 gives it.,participants,percent,,\
sex == 'woman',,N
C,one,Centres,2,,,Methods,reported,,,,,,,
""",
    "published/omi_items.csv": """\
item,label,short,direction,status,mean_women,sd_women,mean_men,sd_men,t,df,p
item_01,First item,First,unfavourable,reported,4.5,.70,.5,.70,5.65,2,.05
item_02,Second item,Second,favourable,assumed,,,,,,,
""",
    "published/codebook.csv": """\
question,theme,language,label,definition,include,exclude,example,printed_count,target_count,\
status,counterpart
recovery,treatment,en,Treatment,It helps.,Tablets.,Luck.,They take them.,2,2,reported,
recovery,family,en,Family,They help.,A sister.,Friends.,She comes along.,,1,assumed,
relapse,no_treatment,en,No treatment,It is missing.,Stopping.,Luck.,They stop.,1,1,reported,\
treatment
""",
}


@pytest.fixture(scope="session")
def study():
    """Return the study that the book is about."""
    return load_study(DATA)


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the project's data that a test may change."""
    return shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="session")
def write_tiny():
    """Return a function that writes the tiny study, with some files in other words, to a folder."""

    def write(folder, changed=()):
        shutil.copytree(DATA, folder, ignore=lambda _, names: set(names) - {"datapackage.json"})
        for path, text in (TINY | dict(changed)).items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return write


@pytest.fixture
def tiny(tmp_path, write_tiny):
    """Return a folder with the tiny study."""
    return write_tiny(tmp_path / "tiny")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Return a project of two pages whose book was built."""
    root = tmp_path_factory.mktemp("built") / "project"
    building.write_project(root)
    status, said, complaints = building.build(root)
    assert (status, complaints) == (0, "")
    assert said.endswith("open book/_build/html/index.html\n")
    return root


@pytest.fixture
def project(built, tmp_path):
    """Return a copy of it for a test to break."""
    return shutil.copytree(built, tmp_path / "project", symlinks=True)


# A module and no more: while Playwright's loop runs, nothing else can start one.
@pytest.fixture(scope="module")
def browser():
    """Return a browser."""
    program = shutil.which("chromium")
    if not program:
        # Where every change is tested, nobody would see that most tests were left out.
        stop = pytest.fail if "CI" in os.environ else pytest.skip
        stop("no chromium here: on Debian, apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Return a function that opens a page in a browser set up in some way."""
    contexts = []

    def visit(url, width=1280, **options):
        options = {"viewport": {"width": width, "height": 800}} | options
        contexts.append(browser.new_context(reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def address(serve):
    """Return the address of the built book."""
    return serve(SITE)


@pytest.fixture(scope="module")
def serve():
    """Return a function that serves a folder as any host would, on a free port."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with contextlib.ExitStack() as stack:

        def serve(folder):
            handler = functools.partial(Handler, directory=folder)
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            stack.enter_context(server)
            threading.Thread(target=server.serve_forever).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve
