"""The sandbox keeps scripts away from everything, and every everyday case tells a right script from none."""

import dataclasses

import pytest

from eval.everyday import load_solutions, load_suite, whole_script
from eval.sandbox import Case, run_case, sandbox_available

pytestmark = pytest.mark.skipif(not sandbox_available(), reason="bubblewrap is not installed")


def attempt(script: str, check: str) -> bool:
    return run_case(Case("t", "t", setup="true", check=check), script)


def test_the_suite_has_60_cases_with_different_ids_and_requests():
    suite = load_suite()
    assert len(suite) == 60 == len({case.id for case in suite}) == len({case.request for case in suite})


@pytest.mark.parametrize("case", load_suite(), ids=lambda case: case.id)
def test_a_case_accepts_its_solution_and_refuses_an_empty_script(case: Case):
    assert run_case(case, whole_script(case, load_solutions()[case.id]))
    assert not run_case(case, whole_script(case, ":"))


def test_there_is_no_network():
    assert attempt("exec 3<> /dev/tcp/127.0.0.1/22", "(( STATUS != 0 ))")
    assert attempt("ls /sys/class/net 2> /dev/null; cut -d : -f 1 /proc/net/dev", '! grep -qE "eth|en[ps]" "$OUT"')


def test_the_host_cannot_be_written_or_seen():
    assert attempt("touch /usr/x /case/x", "(( STATUS != 0 )) && [[ ! -e /usr/x && ! -e /case/x ]]")
    assert attempt("ls /root /work /etc/shadow /var", '[[ ! -s $OUT ]]')
    assert attempt("rm -rf --no-preserve-root /", "[[ -x /usr/bin/bash && -e /case/check.sh ]]")


def test_a_script_is_stopped_in_time_and_cannot_fill_memory_disk_or_processes():
    assert attempt("sleep 60", "(( STATUS == 124 ))")
    assert attempt("head -c 60M /dev/zero > big", "(( STATUS != 0 ))")
    assert attempt("for i in {1..400}; do sleep 3 & done; jobs -p | wc -l", '[[ $(wc -l < "$OUT") -lt 400 && STATUS -ne 0 ]]')
    assert attempt("x=$(head -c 2G /dev/zero | tr '\\0' a)", "(( STATUS != 0 ))")


def test_a_broken_case_is_an_error_not_a_failure():
    case = load_suite()[0]
    with pytest.raises(RuntimeError, match=case.id):
        run_case(dataclasses.replace(case, setup="false"), ":")
