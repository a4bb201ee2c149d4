"""Seeds: the short ones draw what PyTorch draws, secrets fill the whole generator."""

import hashlib
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import random_dataset
from mtlue import InputError, Protector, Runtime
from mtlue.seeds import derived, draw_key, is_secret, read_seed, secret_seed, seed_text, stream

SECRET = 0x0F1E2D3C4B5A69788796A5B4C3D2E1F0
SEEDS = st.one_of(st.integers(0, 2**64 - 1), st.integers(2**64, 2**128 - 1))


def drawn(seed: int) -> torch.Tensor:
    return torch.rand(1000, generator=stream(seed))


@given(SEEDS)
def test_a_seed_survives_being_written(seed: int) -> None:
    assert read_seed(seed_text(seed)) == seed
    assert is_secret(seed) == isinstance(seed_text(seed), str)


@pytest.mark.parametrize("text", ["", "seven", "1.5", "1e3", "0x1f", "1" * 21, "f" * 31, "f" * 33, 2**128, -1, "-1"])
def test_what_is_no_seed_is_refused(text: str | int) -> None:
    with pytest.raises(InputError, match="hexadecimal digits"):
        read_seed(text)


def test_a_short_seed_draws_what_it_always_drew() -> None:
    assert torch.equal(drawn(7), torch.rand(1000, generator=torch.Generator().manual_seed(7)))
    known = int.from_bytes(hashlib.sha256(b"7\x1fnoise\x1f1").digest()[:8], "big") >> 1
    assert derived(7, "noise", 1) == Runtime("cpu", seed=7).seed_for("noise", 1) == known
    assert draw_key(7) == Runtime("cpu", seed=7).key == ""


@pytest.mark.parametrize("bit", [0, 31, 32, 63, 64, 100, 127])
def test_every_bit_of_a_secret_counts(bit: int) -> None:
    """``manual_seed`` looks at 32 of them."""
    other = SECRET ^ (1 << bit)
    assert not torch.equal(drawn(SECRET), drawn(other))
    assert derived(SECRET, "x") != derived(other, "x")
    assert draw_key(SECRET) != draw_key(other)


def test_a_secrets_stream_is_uniform_and_the_same_each_time() -> None:
    values = torch.rand(100_000, generator=stream(SECRET))
    assert torch.equal(values, torch.rand(100_000, generator=stream(SECRET)))
    assert abs(float(values.mean()) - 0.5) < 0.01
    assert values.histc(10, 0, 1).sub(10_000).abs().max() < 400
    bits = torch.randint(2, (100_000,), generator=stream(SECRET + 1)).float()
    assert abs(float(bits.mean()) - 0.5) < 0.01


def test_what_is_derived_from_a_secret_is_one() -> None:
    assert all(is_secret(derived(SECRET, i)) for i in range(100))
    assert len({derived(SECRET, i) for i in range(100)}) == 100


def test_secrets_differ() -> None:
    assert len({secret_seed() for _ in range(100)}) == 100


def test_isolated_randomness_takes_all_of_a_secret() -> None:
    def weights(seed: int) -> torch.Tensor:
        with Runtime("cpu", seed=seed).isolated_randomness("weights"):
            return torch.rand(10)

    assert torch.equal(weights(SECRET), weights(SECRET))
    assert not torch.equal(weights(SECRET), weights(SECRET + 2**100))


class TestProtector:
    def test_it_draws_a_secret_that_repeats_it(self) -> None:
        data = random_dataset()
        first = Protector("lsp-patch")
        assert len(str(first.seed)) == 32
        assert first.seed != Protector("lsp-patch").seed
        protected = first.fit(data).protect(data).images[:]
        assert torch.equal(Protector("lsp-patch", seed=first.seed).fit(data).protect(data).images[:], protected)
        assert not torch.equal(Protector("lsp-patch").fit(data).protect(data).images[:], protected)

    def test_one_that_was_loaded_knows_none_until_it_is_fitted_again(self, tmp_path: Path) -> None:
        data = random_dataset()
        Protector("lsp-patch", seed=7).fit(data).save(tmp_path)
        loaded = Protector.load(tmp_path, Runtime("cpu", seed=9))
        assert loaded.seed is None
        assert loaded.fit(data).seed == 9

    def test_a_short_one_can_be_given(self) -> None:
        assert Protector(seed=0).seed == 0
        assert Protector(runtime=Runtime("cpu", seed=5)).seed == 5
