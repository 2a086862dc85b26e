#!/usr/bin/env python3
"""check_page.py BIN [PICTURES]: scission-explore's page in headless Chromium. A slider is moved by keyboard, the plan
changes, and the command that the page offers gives the same plan. Exit code 77 where there is no Chromium.

With the folder PICTURES, screenshots at three widths, light and dark, are written there, and the times of the first
plan and of redraws are printed.
"""
import base64
import json
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import explorer_process
import webdriver

WIDTHS = (360, 800, 1400)
SLIDER = '[data-knob="bandwidth 0 2"]'


def predicted(bin, command):
    """The verdict of the command that the page offers, and its first plan's systems with their layers."""
    words = shlex.split(command)
    run = subprocess.run([f"{bin}/{words[0]}", *words[1:], "--json"], cwd=explorer_process.PROJECT, text=True,
                         capture_output=True, check=True)
    answer = json.loads(run.stdout)
    return answer["verdict"]["text"], [(stage["system"], stage["first_layer"], stage["last_layer"])
                                       for stage in answer["plans"][0]["stages"]]


def require(condition, what):
    if not condition:
        raise AssertionError(what)


def require_same_as_command(bin, browser):
    command = browser.text("#command-text")
    verdict, _ = predicted(bin, command)
    require(browser.text("#verdict") == verdict, f"{command}: {verdict!r}, the page has {browser.text('#verdict')!r}")


def change(browser, action, what):
    """Does something that changes the command, and waits until the page has its answer."""
    before = browser.text("#command-text")
    action()
    browser.wait(lambda: browser.text("#command-text") != before, what)
    browser.wait(lambda: browser.script("return document.body.dataset.isReady === 'true'"), what)


def choose(browser, selector, value):
    browser.script("const one = document.querySelector(arguments[0]); one.value = arguments[1];"
                   "one.dispatchEvent(new Event(one.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true}))",
                   selector, value)


def check_live(bin, browser, pictures):
    with explorer_process.Explorer(bin) as explorer:
        browser.open(explorer.address)
        browser.wait(lambda: browser.text("#verdict") != "", "the first plan")
        first_plan_s = time.monotonic() - explorer.started
        require_same_as_command(bin, browser)
        require("--" not in browser.text("#command-text").replace("--pareto latency,traffic", ""), "options at first")
        first = browser.text("#verdict")

        # By keyboard until another plan is the best.
        require(browser.script("return document.querySelectorAll('#timeline rect').length") > 3, "a timeline")
        for _ in range(6):
            change(browser, lambda: browser.type(SLIDER, webdriver.ARROW_LEFT * 15), "a slower link")
        require(browser.text("#verdict").split(":")[0] != first.split(":")[0], "another plan over a slower link")
        require("--link handheld,vm 30," in browser.text("#command-text"), "the link in the command")
        require_same_as_command(bin, browser)
        browser.click("#copy")
        browser.wait(lambda: browser.text("#copied") != "", "the command to be copied")

        change(browser, lambda: browser.click("#reset"), "measured links")
        require(browser.text("#verdict") == first, "the first plan again")
        require("--link" not in browser.text("#command-text"), "no link in the command")
        change(browser, lambda: browser.type(SLIDER, webdriver.ARROW_LEFT * 60), "a slower link again")

        change(browser, lambda: choose(browser, '[data-use="vm"]', "false"), "a machine that is not used")
        require("vm" not in browser.text("#verdict"), "a plan without the machine")
        require_same_as_command(bin, browser)
        change(browser, lambda: choose(browser, '[data-use="vm"]', ""), "all machines")
        change(browser, lambda: choose(browser, "#objective", "traffic"), "another objective")
        require_same_as_command(bin, browser)
        change(browser, lambda: choose(browser, "#objective", "latency"), "the first objective")
        change(browser, lambda: choose(browser, "#limit-traffic", "0.2"), "a limit")
        require_same_as_command(bin, browser)
        change(browser, lambda: choose(browser, "#limit-latency", "0.001"), "a limit that nothing satisfies")
        require(browser.text("#verdict") == "No plan fits.", "no plan")
        require("latency" in browser.text("#problem"), "the reason why")
        change(browser, lambda: choose(browser, "#limit-latency", ""), "no limit")
        change(browser, lambda: choose(browser, "#limit-traffic", ""), "no limit")
        for selector, wrong in (("#limit-latency", "-1"), ("#max-stages", "1.5")):
            choose(browser, selector, wrong)
            is_marked = "return document.querySelector(arguments[0]).getAttribute('aria-invalid')"
            require(browser.script(is_marked, selector) == "true", f"{selector}: {wrong} is not shown as invalid")
            choose(browser, selector, "")
            require(browser.script(is_marked, selector) == "false", f"{selector} is still shown as invalid")
        change(browser, lambda: browser.click("#any-order"), "any order")
        require_same_as_command(bin, browser)
        change(browser, lambda: browser.click("#any-order"), "the platforms' order")
        change(browser, lambda: browser.click("#keep"), "a layer that stays")
        require_same_as_command(bin, browser)

        # Another plan than the best one, by keyboard.
        last = "#front .point:last-of-type"
        browser.type(last, webdriver.ENTER)
        browser.wait(lambda: browser.text("#timeline-title") != "Timeline", "a plan of the front")
        browser.click(".plan:nth-child(1)")
        browser.wait(lambda: browser.text("#timeline-title") == "Timeline", "the best plan again")

        redraws_ms = []
        for index in range(60 if pictures else 10):
            key = webdriver.ARROW_RIGHT if index % 40 < 20 else webdriver.ARROW_LEFT
            change(browser, lambda: browser.type(SLIDER, key * (1 if pictures else 3)), "a redraw")
            redraws_ms.append(float(browser.script("return document.body.dataset.redrawMs")))
        if pictures:
            print(f"address after {explorer.seconds_to_address:.3f} s, first plan after {first_plan_s:.3f} s, "
                  f"redraw median {statistics.median(redraws_ms):.1f} ms, longest {max(redraws_ms):.1f} ms "
                  f"of {len(redraws_ms)}")
        check_looks(browser, "explore", pictures)
        require(browser.complaints() == [], "complaints of the browser")
        require(explorer.interrupt() == 0, "Ctrl-C")
        is_old = "return document.getElementById('command').classList.contains('is-old')"
        require(not browser.script(is_old), "a command of now")
        choose(browser, "#limit-latency", "3")
        browser.wait(lambda: "does not answer" in browser.text("#problem"), "the end of the program to be told")
        require(browser.script(is_old), "the command is not shown as old")
        browser.complaints()  # that nothing listens


def events_of(plan, systems, why, at_s, seconds, rate, requests):
    """Lines of a run: a plan on these systems, answers of it, and estimates."""
    route = f"{systems[0]} 0-6 → {systems[1]} 7-25"
    yield {"event": "plan", "at_s": at_s, "plan": plan, "route": route, "source": systems[0], "why": why, "latency_s": seconds,
           "items": [{"system": systems[0], "first_layer": 0, "last_layer": 6, "seconds": seconds / 4},
                     {"system": systems[0], "to": systems[1], "bytes": 400_000, "seconds": seconds / 2},
                     {"system": systems[1], "first_layer": 7, "last_layer": 25, "seconds": seconds / 4}]}
    for request in requests:
        at_s += 1.2 * seconds
        took = seconds * (1 + 0.05 * (request % 4))
        yield {"event": "sent", "at_s": at_s, "request": request}
        begin = at_s + took - seconds
        part = {"send_s": 0.02 * seconds, "transfer_s": 0, "receive_s": 0.02 * seconds, "queue_s": 0.04 * seconds,
                "compute_s": 0.17 * seconds}
        yield {"event": "answered", "at_s": at_s + took, "request": request, "id": f"a-{request}", "plan": plan, "latency_s": took,
               "hops": [{"from": systems[0], "to": systems[0], "bytes": 0, "begin_s": begin, **part},
                        {"from": systems[0], "to": systems[1], "bytes": 400_000, "begin_s": begin + seconds / 4, **part,
                         "transfer_s": seconds / 2}]}
    yield {"event": "estimates", "at_s": at_s + took, "expected_latency_s": seconds, "estimates": [
        {"system": systems[0], "factor": 1.02, "stddev": 0.03},
        {"system": systems[0], "to": systems[1], "factor": 1.5, "stddev": 0.08, "megabits_per_s": rate}]}


def check_follow(bin, browser, folder, pictures):
    """The second tab over the file of a run that grows: its plan changes."""
    file = pathlib.Path(folder) / "run.jsonl"

    def append(events, end="\n"):
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n".join(json.dumps(event, ensure_ascii=False) for event in events) + end)

    start = {"event": "start", "at_s": 0, "format": "scission-events", "version": 1, "unix_s": 1.5, "model": "vgg19",
             "systems": ["handheld", "box", "vm"],
             "links": [{"from": "handheld", "to": "box", "ping_ms": 2, "megabits_per_s": 80},
                       {"from": "handheld", "to": "vm", "ping_ms": 20, "megabits_per_s": 30}]}
    with explorer_process.Explorer(bin, [*explorer_process.ARGUMENTS, "--follow", str(file)]) as explorer:
        browser.open(explorer.address)
        browser.wait(lambda: browser.text("#verdict") != "", "the first tab")
        browser.type("#tab-explore", webdriver.ARROW_RIGHT)
        shown = "return document.getElementById('follow').hidden === false && document.activeElement.id === 'tab-follow'"
        require(browser.script(shown), "the second tab by keyboard")
        browser.wait(lambda: browser.text("#follow-title") == "Waiting for run.jsonl", "a file that does not exist yet")
        append([start, *events_of(1, ["handheld", "box"], "first", 0.5, 0.4, 52.4, range(1, 21))])
        browser.wait(lambda: browser.text("#follow-title") == "Plan 1: handheld 0-6 → box 7-25", "the first plan")
        require("20 answered" in browser.text("#follow-state"), "the answers")
        require("52.4 Mbit/s ± 8 %" in browser.text("#chain"), "the estimate of the link")
        require(browser.script("return document.querySelectorAll('#gantt .compute').length") == 16, "the last requests")
        append([{"event": "sent", "at_s": 10.9, "request": 21}], end="\nno event\n")
        append(events_of(2, ["handheld", "vm"], "faster by 12.0 %", 11, 0.6, 29.7, range(22, 32)))
        browser.wait(lambda: browser.text("#follow-title").startswith("Plan 2: handheld 0-6 → vm"), "another plan")
        require("faster by 12.0 %" in browser.text("#change-list li:first-child"), "why the plan changed")
        require("1 under way" in browser.text("#follow-state"), "the request under way")
        require("1 damaged line " in browser.text("#follow-problem"), "the damaged line to be told")
        require(browser.script("return document.querySelectorAll('#latencies .change').length") == 2, "the change in the chart")
        check_looks(browser, "follow", pictures)
        file.write_text(json.dumps(start) + "\n", encoding="utf-8")
        browser.wait(lambda: browser.text("#follow-title") == "No plan runs yet", "another run")
        require(browser.script("return document.getElementById('follow-problem').hidden"), "no damaged line of another run")
        browser.click("#tab-explore")
        require(browser.script("return document.querySelectorAll('#timeline rect').length") > 3, "the first tab again")
        require(browser.complaints() == [], "complaints of the browser")


def check_grid(bin, browser, folder, pictures):
    page = pathlib.Path(folder) / "grid.html"
    subprocess.run([f"{bin}/scission-report", "data/example", "--network", "network.csv", "--interactive", "vgg19", "-o",
                    str(page)], cwd=explorer_process.PROJECT, check=True, capture_output=True)
    require(page.stat().st_size < 4_000_000, f"a page of {page.stat().st_size} bytes")
    browser.open(page.as_uri())
    browser.wait(lambda: browser.text("#verdict") != "", "the first plan of the grid")
    command = "scission-predict data/example network.csv vgg19"

    def check_verdict(expected):
        found = browser.text("#verdict").replace("\u00a0", " ")
        require(found == expected, f"{found!r}, the command has {expected!r}")

    first = browser.text("#verdict")
    check_verdict(predicted(bin, command)[0])
    browser.type(SLIDER, webdriver.ARROW_LEFT)
    browser.wait(lambda: browser.text("#verdict") != first, "another point of the grid")
    value = float(browser.script("return document.querySelector(arguments[0]).getAttribute('aria-valuetext')", SLIDER).split()[0])
    check_verdict(predicted(bin, f"{command} --link handheld,vm 30,{value}")[0])
    require("all combinations of" in browser.text("#grid"), "what the grid is")
    require("halfway between" in browser.text("#grid"), "where colours change")
    require(browser.text(".knob .stay").startswith("same plan at "), "the values of the grid with the same plan")
    check_looks(browser, "grid", pictures)
    require(browser.complaints() == [], "complaints of the browser")


def check_looks(browser, name, pictures):
    """No width needs scrolling sideways."""
    for scheme in ("light", "dark"):
        browser.use_scheme(scheme)
        for width in WIDTHS:
            browser.resize(width, 1000)
            browser.script("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            wide = browser.script("return document.documentElement.scrollWidth")
            require(wide <= width, f"{name}: {wide} pixels wide on a screen of {width}")
            if pictures:
                browser.script("scrollTo(0, 0)")
                pathlib.Path(pictures, f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(browser.screenshot()))
    browser.use_scheme("light")
    browser.resize(1400, 1000)


def main(bin, pictures=None):
    if not webdriver.is_installed():
        print("[skipped] chromium and chromium-driver are not installed")
        return 77
    with webdriver.Browser() as browser, tempfile.TemporaryDirectory() as folder:
        check_live(bin, browser, pictures)
        check_follow(bin, browser, folder, pictures)
        check_grid(bin, browser, folder, pictures)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
