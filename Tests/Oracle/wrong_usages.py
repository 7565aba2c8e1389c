"""What careless but reasonable users do, and what they are answered: a cause and a remedy for each, and never success.

`FILES`: what lies in their folder. `USAGES`: a name, the command line, the exit code, and words of the cause and of the remedy. A command
line is split at spaces; `{empty}` stands for an empty argument.
"""

import gzip
import json
import struct

CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there"}]}
INSTRUCTION = {"task": "Name the capital of Peru.", "response": "Lima."}


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


GOOD = lines(*[INSTRUCTION] * 5)
SAFETENSORS = struct.pack("<Q", 2) + b"{}"
FILES = {
    "good.jsonl": GOOD,
    "chats.jsonl": lines(*[CHAT] * 5),
    "pretty.jsonl": json.dumps([INSTRUCTION] * 3, indent=2),
    "spread.jsonl": "\n".join(json.dumps(INSTRUCTION, indent=2) for _ in range(3)),
    "arrayline.jsonl": json.dumps([INSTRUCTION] * 3) + "\n",
    "wrapped.json": json.dumps({"data": [INSTRUCTION] * 3}),
    "dialog.jsonl": lines({"id": 1, "dialog": CHAT["messages"]}),
    "utf16.jsonl": GOOD.encode("utf-16"),
    "latin1.jsonl": json.dumps({"task": "café", "response": "naïve"}, ensure_ascii=False).encode("latin-1") + b"\n",
    "python.jsonl": f"{INSTRUCTION!r}\n{INSTRUCTION!r}\n",
    "csv.jsonl": "task,response\nName,Lima\nAdd,5\n",
    "tabs.json": "task\tresponse\nName\tLima\nAdd\t5\n",
    "notes.txt": "Just some text\nand more of it\n",
    "page.jsonl": "<!DOCTYPE html>\n<html><body>404</body></html>\n",
    "pointer.jsonl": "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n",
    "pref.jsonl": lines({"prompt": "a", "chosen": "b", "rejected": "c"}),
    "kto.jsonl": lines({"prompt": "a", "completion": "b", "label": True}),
    "prompts.jsonl": lines({"prompt": "a"}),
    "tokens.jsonl": lines({"input_ids": [1, 2, 3], "labels": [-100, 2, 3]}),
    "minus.jsonl": lines({"task": "Say it", "response": "Fine", "labels": "-100"}, {"task": -100, "response": -100}),
    "caps.jsonl": lines({"Instruction": "a", "Output": "b"}),
    "names.jsonl": lines({"q": "a", "a": "b"}),
    "cut.jsonl": GOOD[:-20],
    "cut.jsonl.gz": gzip.compress(GOOD.encode() * 50)[:100],
    "empty.jsonl": "",
    "data.xlsx": b"PK\x03\x04rest",
    "data.bz2": b"BZh91AY",
    "mixed/a.jsonl": GOOD,
    "mixed/b.xlsx": b"PK\x03\x04rest",
    "nothing/readme.md": "no data here\n",
    "lora/adapter_config.json": json.dumps({"base_model_name_or_path": "meta-llama/Llama-3.1-8B", "peft_type": "LORA"}),
    "lora/adapter_model.safetensors": SAFETENSORS,
    "weights/config.json": json.dumps({"model_type": "llama"}),
    "weights/model.safetensors": SAFETENSORS,
    "model.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, 0),
    "pytorch_model.bin": b"PK\x03\x04" + bytes(40),
    "wordpiece.json": json.dumps({"model": {"type": "WordPiece", "vocab": {"a": 0}}, "added_tokens": []}),
    "config.json": json.dumps({"chat_template": "{{ messages }}"}),
    "broken.jinja": "{% for m in messages %}{{ m.content }",
    "prompt.txt": "You are a helpful assistant.\n",
    "outfile": "I am a file\n",
    "foreign/thesis.tex": "precious\n",
}

# Name, command line, exit code, the cause, the remedy.
USAGES = [
    # Inputs.
    ("a name that is not there", "run god.jsonl -o out", 2, "god.jsonl: no such file or folder", "did you mean good.jsonl?"),
    ("a data set's name", "run tatsu-lab/alpaca -o out", 2, "tatsu-lab/alpaca: no such file", "hf://datasets/tatsu-lab/alpaca"),
    ("an address", "run https://example.org/a.jsonl -o out", 2, "https://example.org/a.jsonl: no such file", "fetch the file first"),
    ("names joined by a comma", "run good.jsonl,chats.jsonl -o out", 2, "no such file", "several inputs stand apart: good.jsonl chats.jsonl"),
    ("a tilde that no shell saw", "run ~/good.jsonl -o out", 2, "~/good.jsonl: no such file", "write $HOME"),
    ("pretty-printed JSON in .jsonl", "run pretty.jsonl -o out", 2, "the JSON values span lines", "name the file .json"),
    ("objects over several lines", "run spread.jsonl -o out", 2, "the JSON values span lines", "jq -c . spread.jsonl"),
    ("an array on one line", "run arrayline.jsonl -o out", 1, "the record is an array, not an object", "jq -c '.[]'"),
    ("records within a member", "run wrapped.json -o out", 1, 'no known field among "data"', "jq -c '.data[]'"),
    ("a conversation under another name", "run dialog.jsonl --template chatml -o out", 1, 'no known field among "id", "dialog"', "--field messages=dialog"),
    ("UTF-16", "run utf16.jsonl -o out", 2, "is a UTF-16 file", "iconv -f UTF-16 -t UTF-8"),
    ("Latin-1", "run latin1.jsonl -o out", 1, "invalid UTF-8 at byte 13", "convert the file to UTF-8"),
    ("printed dictionaries", "run python.jsonl -o out", 2, "holds Python dictionaries, not JSON", "json.dumps"),
    ("CSV called .jsonl", "run csv.jsonl -o out", 2, "looks like CSV, not JSON", "name the file .csv"),
    ("TSV called .json", "run tabs.json -o out", 2, "looks like TSV, not JSON", "name the file .tsv"),
    ("plain text", "run notes.txt -o out", 2, "is text, and none of its first lines is JSON", "jq -cR '{text: .}' notes.txt"),
    ("a page of an error", "run page.jsonl -o out", 2, "is an HTML or XML page", "fetch the file again"),
    ("a pointer of Git LFS", "run pointer.jsonl -o out", 2, "is a pointer of Git LFS", "git lfs pull"),
    ("a preference set", "run pref.jsonl -o out", 1, "a pair of answers for preference training", "--field response=chosen"),
    ("thumbs up and down", "run kto.jsonl -o out", 1, "labelled as good or bad (KTO)", "--field response=completion"),
    ("prompts alone", "run prompts.jsonl -o out", 1, "a prompt without an answer", "--field response=NAME"),
    ("what is tokenized already", "run tokens.jsonl -o out", 1, 'no known field among "input_ids"', "tokenized already"),
    ("-100 in a text field", "run minus.jsonl -o out", 1, 'field "task" is a number, not a string', "write it as a string"),
    ("capital letters", "run caps.jsonl -o out", 1, 'no known field among "Instruction", "Output"', "--field task=Instruction --field response=Output"),
    ("names of one's own", "run names.jsonl -o out", 1, 'no known field among "q", "a"', "--field task=question --field response=answer"),
    ("a file that was cut off", "run cut.jsonl -o out", 1, "cut.jsonl:5: invalid JSON", "--max-rejects 20%"),
    ("a compressed file that was cut off", "run cut.jsonl.gz -o out", 2, "the gzip data ends too early", "gzip -t"),
    ("an empty file", "run empty.jsonl -o out", 2, "there is no record in the input", "check that this is the file you meant"),
    ("a workbook", "run data.xlsx -o out", 2, "is a zip file, which is not supported", "unpack it first"),
    ("bzip2", "run data.bz2 -o out", 2, "is a bzip2 file", "bzip2 -d data.bz2"),
    ("a folder with other data too", "run mixed -o out", 2, "the folder holds data that is not read: mixed/b.xlsx", "--skip-other-files"),
    ("a folder without data", "run nothing -o out", 2, "the folder holds no .jsonl", "name the files themselves"),
    ("a model folder as data", "run weights -o out", 2, "is the folder of a model, not of records", "--tokenizer weights"),
    ("a model as data", "run model.gguf -o out", 2, "is a GGUF file (a model's weights)", "a model is named with --tokenizer"),
    ("conversations without a template", "run chats.jsonl -o out", 1, "messages need a chat template", "--template chatml"),
    # Tokenizers.
    ("an adapter", "run good.jsonl -o out --tokenizer lora", 2, "is the folder of an adapter (LoRA)", "--tokenizer meta-llama/Llama-3.1-8B"),
    ("a folder of weights", "run good.jsonl -o out --tokenizer weights", 2, "there is no tokenizer in this folder", "it needs tokenizer.json"),
    ("GGUF", "run good.jsonl -o out --tokenizer model.gguf", 2, "is a GGUF file", "name the folder with tokenizer.json"),
    ("weights of PyTorch", "run good.jsonl -o out --tokenizer pytorch_model.bin", 2, "is a file of PyTorch", "name the folder with tokenizer.json"),
    ("a model that is not fetched", "run good.jsonl -o out --tokenizer meta-llama/Llama-3.1-8B", 2, "not in the Hugging Face cache", "hf download"),
    ("a name that is nearly right", "run good.jsonl -o out --tokenizer gpt-2", 2, "no tokenizer of this name", "did you mean gpt2?"),
    ("a name of tiktoken's", "run good.jsonl -o out --tokenizer cl100k_base", 2, "no tokenizer of this name", "--encoding cl100k"),
    ("a variable that is unset", "run good.jsonl -o out --tokenizer {empty}", 2, "no tokenizer of this name", "is a variable of the shell unset?"),
    ("a tokenizer of another kind", "run good.jsonl -o out --tokenizer wordpiece.json", 2, "WordPiece is not BPE", "use a tokenizer of that kind"),
    ("an id for a token", "run good.jsonl -o out --eos-token 50256", 2, 'has no token "50256"', 'id 50256 is "<|endoftext|>"'),
    ("a token of another model", "run good.jsonl -o out --pad-token [PAD]", 2, 'has no token "[PAD]"', "name another with --pad-token"),
    # Templates.
    ("a template that is not there", "run chats.jsonl -o out --template missing.jinja", 2, "there is no such template", "give plain, alpaca, chatml, llama3"),
    ("a template's name, nearly", "run chats.jsonl -o out --template chat_ml", 2, "there is no such template", "did you mean --template chatml?"),
    ("a template with an error", "run chats.jsonl -o out --template broken.jinja", 2, "broken.jinja:1:37: unexpected '}'", "fix the template at this place"),
    ("settings for a template", "run chats.jsonl -o out --template config.json", 2, "is JSON, not a template", "name the folder"),
    ("a system prompt for a template", "run chats.jsonl -o out --template prompt.txt", 2, "there is no tag of a template in it", "give a file with a Jinja template"),
    ("an option that can do nothing", "run good.jsonl -o out --system Hello", 2, "--system has nothing to act on", "name a template with --template"),
    # Outputs.
    ("an output that is a file", "run good.jsonl -o outfile", 2, "outfile: cannot open the folder: Not a directory", "choose another path"),
    ("somebody's folder", "run good.jsonl -o foreign", 2, "files that prep did not write: thesis.tex", "choose another --output"),
    ("where nothing can be written", "run good.jsonl -o /proc/prep", 2, "/proc/prep: cannot make the folder", "check the path"),
    ("no output", "run good.jsonl out", 64, "Missing expected argument '--output <dir>'", "Folder to write"),
    ("an empty output", "run good.jsonl -o {empty}", 64, "--output is empty", "is a variable of the shell unset?"),
    # Numbers.
    ("thousands as k", "run good.jsonl -o out --context-length 4k", 64, "--context-length 4k", "--context-length 4096"),
    ("a comma in a number", "run good.jsonl -o out --context-length 2,048", 64, "--context-length 2,048", "--context-length 2048"),
    ("a number with a unit", "run good.jsonl -o out --context-length 512tokens", 64, "--context-length 512tokens", "--context-length 512"),
    ("a negative number", "run good.jsonl -o out --threads -1", 64, "--threads -1: must be at least 1", "leave it out"),
    ("nought", "run good.jsonl -o out --context-length 0", 64, "(it is 0)", "must be from 1 to 16777216"),
    ("a number out of all bounds", "run good.jsonl -o out --context-length 99999999999999999999", 64, "99999999999999999999", "must be from 1 to 16777216"),
    ("a share as a fraction", "run good.jsonl -o out --max-rejects 0.05", 64, "--max-rejects 0.05", "did you mean the share 5%?"),
    ("a share beyond the whole", "run good.jsonl -o out --max-rejects 200%", 64, "--max-rejects 200%", "a share is at most 100%"),
    ("auto", "run good.jsonl -o out --threads auto", 64, "--threads auto", "leave it out"),
    ("a sample's length as a block's", "run good.jsonl -o out --block-size 1024", 64, "--block-size 1024 is a number of bytes", "the tokens of a sample are --context-length"),
    ("a part of a unit", "run good.jsonl -o out --block-size 1.5GB", 64, "--block-size 1.5GB", "write a whole number with a unit"),
    ("parts counted from one", "run good.jsonl -o out --partition 4/4", 64, "--partition: give i/n", "with i below n"),
    ("budgets that contradict", "run good.jsonl -o out --prompt-length 2000", 64, "--prompt-length 2000 is more than", "raise --context-length"),
    # Words.
    ("the loss by another name", "run good.jsonl -o out --loss completion", 64, "--loss completion", "did you mean --loss assistant?"),
    ("a loss of nothing", "run good.jsonl -o out --loss none", 64, "nothing would be learned", "assistant (the default)"),
    ("truth for a word", "run good.jsonl -o out --truncate true", 64, "--truncate true", "did you mean --truncate right?"),
    ("truth for packing", "run good.jsonl -o out --pack true", 64, "--pack true", "write --pack alone"),
    ("a schema by another name", "run chats.jsonl -o out --schema sharegpt", 64, "--schema sharegpt", "did you mean --schema messages?"),
    ("a field the wrong way round", "run good.jsonl -o out --field question=task", 64, "--field question=task", "--field task=question"),
    ("a field with a colon", "run good.jsonl -o out --field task:question", 64, "--field task:question", "--field task=question"),
    ("a field that is not there", "run good.jsonl -o out --field task=taks", 1, 'field "taks" is missing', "did you mean `task`?"),
    ("a date in another order", "run chats.jsonl -o out --template chatml --date 26.11.2026", 64, "--date 26.11.2026 is not a day", "YYYY-MM-DD"),
    # Names of options and commands.
    ("another trainer's option", "run good.jsonl -o out --max_seq_length 512", 64, "Unknown option '--max_seq_length'", "Did you mean --context-length?"),
    ("an option with one hyphen", "run good.jsonl -o out -context-length 512", 64, "-context-length: options have two hyphens", "--context-length"),
    ("an option without its hyphen", "run good.jsonl -o out --contextlength 512", 64, "Unknown option '--contextlength'", "--context-length"),
    ("an option that there is no need for", "run good.jsonl -o out --resume", 64, "Unknown option '--resume'", "the same command resumes by itself"),
    ("options that exclude each other", "stats out --json --csv", 64, "--json and --csv", "exclude each other"),
    ("no command", "good.jsonl -o out", 64, "there is no command 'good.jsonl'", "prep run good.jsonl --output DIR"),
    ("another tool's command", "tokenise good.jsonl", 64, "there is no command 'tokenise'", "Did you mean prep run?"),
    ("help of no command", "help nothing", 64, "there is no command 'nothing'", "the commands are run, inspect"),
    # Other commands.
    ("a record beyond the last", "inspect good.jsonl --record 99", 2, "there is no record 99", "records are counted from 0"),
    ("a row of a file", "inspect good.jsonl --row 0", 2, "good.jsonl is a file", "name a record: --record 0"),
    ("a file as a data set", "verify good.jsonl", 2, "good.jsonl", "choose another path"),
    ("a file to export", "export good.jsonl --format parquet -o e", 2, "it is a file, and a data set is a folder", "name a folder that prep run wrote"),
    ("no such data set", "report nowhere", 2, "nowhere: there is no such folder", "check the path"),
    ("a text to decode", "decode hello", 64, "hello: ids are whole numbers", "texts are encoded with prep encode"),
    ("an id that there is none of", "decode 99999999", 2, "no token has this id", "ids go from 0 to 50256"),
    ("two tokenizers", "doctor lora --tokenizer gpt2", 2, "two tokenizers are named", "not both"),
    ("few ids to learn", "train good.jsonl -o t.json --vocab-size 10", 64, "10 is less than 256 bytes", "give at least 256"),
]
