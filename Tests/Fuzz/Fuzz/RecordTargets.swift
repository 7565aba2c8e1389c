import Files
import Input
import InstructionFormat
import Masking
import Pipeline
import Problems
import Tokenizer

/// Records, encoded as plain text, and through templates that take texts, tools, and parts.
struct RecordTarget: FuzzTarget {
  static let name = "record"
  static let words = [
    "null", "true", "false", "NaN", "\"\"", "[]", "{}", "\"role\"", "\"content\"", "\"user\"",
    "\"assistant\"", "\"system\"", "\"tool\"",
    "\"messages\":", "\"conversations\":", "\"tools\":", "\"tool_calls\":", "\"function\":",
    "\"arguments\":", "\"name\":", "\"weight\":0,",
    "\"train\":false,", "\"train_detail\":", "\"type\":\"text\",", "\"text\":",
    "\"reasoning_content\":", "\"prompt\":", "\"completion\":",
    "\"history\":", "\"input\":", "\"output\":", "\"instruction\":", "\"chat_template_kwargs\":",
    "\"documents\":", "\"image_url\"",
    "\"from\":\"human\",", "\"value\":", ",", ":", "\\u0000", "\\ud83d\\ude00",
  ]

  private let encoders: [RecordEncoder]

  init() throws(Problem) {
    let tokenizer = try BPETokenizer.load("gpt2")
    var encoders: [RecordEncoder] = []
    for template in ["plain", "chatml", "Tests/Fuzz/Corpus/template/tools.jinja"] {
      for (history, loss) in [(HistoryPolicy.asRendered, LossPolicy.assistant), (.unroll, .all)] {
        var options = RunOptions()
        options.use(template: template)
        options.contextLength = 64
        let spec = try options.resolve().spec
        var other = spec
        if spec.chat != nil { other.chat?.options.history = history }
        other.loss = loss
        encoders.append(RecordEncoder(spec: other, encoder: tokenizer.makeEncoder()))
      }
    }
    self.encoders = encoders
  }

  func read(_ input: [UInt8]) throws(Problem) {
    var (isRead, failure) = (false, Problem?.none)
    for encoder in encoders {
      do throws(Problem) {
        let rows = try encoder.encode(input)
        check(rows.checkInvariants(), "rows that are none")
        isRead = true
      } catch { failure = error }
    }
    if !isRead, let failure { throw failure }
  }
}

/// Files of records: JSON lines and arrays, compressed ones too. The first byte of an input says which.
struct InputTarget: FuzzTarget {
  static let name = "input"
  static let words = [
    "\n", "\r\n", "[", "]", ",", "{\"text\":\"a\"}", "{\"text\":\"", "\u{FEFF}", "\u{0}", "\"",
    "\\",
  ]

  private static let endings = ["jsonl", "json", "jsonl.gz", "jsonl.zst", "json.gz", "txt"]
  private let scratch: Scratch

  init() throws(Problem) { scratch = try Scratch(Self.name) }

  var seeds: [[UInt8]] {
    get throws(Problem) {
      let lines = Array("{\"text\":\"a\"}\n{\"text\":\"b\"}\r\n\n{\"text\":\"c\"}".utf8)
      let array = Array("[{\"text\":\"a\"},\n {\"text\":\"b\"}]".utf8)
      var packed: [UInt8] = [3]
      try ZstdCompressor(level: 3).append(lines, to: &packed)
      return [[0] + lines, [1] + array, packed]
    }
  }

  func read(_ input: [UInt8]) throws(Problem) {
    guard let first = input.first else { return }
    let ending = Self.endings[Int(first) % Self.endings.count]
    let path = try scratch.write(Array(input.dropFirst()), as: "input.\(ending)")
    let reader = SharedBlockReader(
      files: try InputFiles.resolve([path]), blockSize: 1 << 10, maximumRecordSize: 1 << 12)
    let block = Block()
    while try reader.next(into: block) {
      do {
        _ = unsafe try block.forEachRecord(unreadable: { _ in true }, { _, _ in true })
      } catch let problem as Problem { throw problem } catch {}
    }
  }
}

/// Options of a run as JSON: what the C interface and Python hand over, and what a run file holds.
struct SpecTarget: FuzzTarget {
  static let name = "spec"
  static let words = [
    "\"context-length\":", "\"template\":", "\"chatml\"", "\"loss\":", "\"assistant,-reasoning\"",
    "\"pack\":", "\"truncate\":",
    "\"date\":", "\"2024-02-30\"", "\"field\":", "\"role\":", "\"system\":", "\"history\":",
    "\"unroll\"", "\"template-arg\":", "null", "true",
    "[\"a=b\"]", "{\"a\":\"b\"}", "\"tokenizer\":\"gpt2\",", "1e400", "-1",
  ]

  init() throws(Problem) {}

  func read(_ input: [UInt8]) throws(Problem) {
    var options = try RunOptions(json: input)
    // Files that an input may happen to name are another target's.
    options.tokenizer = "gpt2"
    options.tokenizerOptions = TokenizerOptions()
    let (spec, tokenizer) = try options.resolve()
    let again = try RunSpec(json: spec.json, tokenizer: tokenizer)
    check(again.json == spec.json, "a spec that is read again is another one")
  }
}
