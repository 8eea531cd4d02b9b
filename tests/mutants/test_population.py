"""All mutants of a module, and samples of them."""

from dataclasses import replace

from tests.mutants.population import ROOT, Mutant, modules_of, mutants_of, sample

FENCE = "otha.core.group.self_fence"


def test_the_mutants_of_a_small_module() -> None:
    found = {(mutant.function, mutant.old, mutant.new) for mutant in mutants_of(FENCE)}
    assert ("counts", "needed_wait_ns(fence) < fence.wait_ns", "needed_wait_ns(fence) <= fence.wait_ns") in found
    assert ("needed_wait_ns", "fence.watchdog_ns + fence.stop_ns", "fence.watchdog_ns - fence.stop_ns") in found
    assert {function for function, _, _ in found} == {"counts", "needed_wait_ns"}, "nothing outside of functions"


def test_a_mutant_is_its_file_with_one_piece_changed() -> None:
    mutant = next(each for each in mutants_of(FENCE) if each.old == "fence.watchdog_ns + fence.stop_ns")
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    changed = mutant.applied_to(source)
    assert changed == source.replace(mutant.old, f"({mutant.new})")
    assert source.splitlines()[mutant.line - 1].strip() == f"worst = {mutant.old}"


def test_what_decides_nothing_is_left_alone() -> None:
    olds = {mutant.old for mutant in mutants_of("otha.core.altered")} | {
        mutant.old for mutant in mutants_of("otha.core.watch.channel")
    }
    assert not any("assert_never" in old or old.startswith(('"', "f'", 'f"')) for old in olds)


def test_every_mutant_has_its_own_name() -> None:
    found = [mutant for module in modules_of("otha.core.watch") for mutant in mutants_of(module)]
    assert len({mutant.key for mutant in found}) == len(found) > 500


def population(count: int) -> list[Mutant]:
    (one, *_) = mutants_of(FENCE)
    return [replace(one, new=str(number), start=number) for number in range(count)]


def test_the_sample_is_the_same_for_the_same_seed() -> None:
    mutants = population(400)
    drawn = sample(mutants, seed=1, count=40)
    assert drawn == sample(mutants[::-1], seed=1, count=40)
    assert len(set(drawn)) == 40
    assert drawn != sample(mutants, seed=2, count=40)


def test_a_mutant_more_changes_at_most_one_of_the_sample() -> None:
    mutants = population(400)
    before, after = sample(mutants[1:], seed=1, count=40), sample(mutants, seed=1, count=40)
    assert len(set(before) & set(after)) >= 39


def test_a_mutant_that_has_moved_keeps_its_place_in_the_sample() -> None:
    mutants = population(400)
    moved = [replace(mutant, start=mutant.start + 90, line=7) for mutant in mutants]
    drawn = [[mutant.key for mutant in sample(each, seed=1, count=40)] for each in (mutants, moved)]
    assert drawn[0] == drawn[1]
