import InstructionFormat
import Pipeline
import Problems
import Report
import ShardWriter
import Tokenizer

/// A finished data set, with the spec and the tokenizer that it was made with.
struct StoredSet {
  let run: StoredRun
  let data: DataSet

  var spec: RunSpec { run.spec }
  var tokenizer: BPETokenizer { run.tokenizer }

  /// `tokenizer`: where it is now; nil for where the run found it. `loss`: what is learned; nil for what the run chose.
  init(
    _ folder: String, tokenizer: String?, options: TokenizerOptions = TokenizerOptions(),
    learning loss: LossPolicy? = nil
  ) throws(Problem) {
    data = try DataSet(folder, learning: loss)
    run = try StoredRun(folder, tokenizer: tokenizer, options: options)
  }

  /// What the page says above the numbers.
  func head(of report: Report) -> Report.Head {
    var head = Report.Head()
    head.version = prepVersion
    head.inspect = "prep inspect \(Surface.quoted(run.folder))"
    head.settings = run.settings.lines
    head.command = (try? run.command) ?? ""
    head.verdict = report.verdict
    return head
  }
}

extension Report {
  /// What is to be said first, the good and the bad.
  var verdict: [(level: Head.Level, text: String)] {
    let totals = statistics.all.totals
    let count = { (number: UInt64) in Format.count(Int(clamping: number)) }
    var lines: [(level: Head.Level, text: String)] = [
      (
        .good,
        "Every record is accounted for: \(count(totals.records)) = \(count(totals.accepted)) accepted"
          + " + \(count(totals.faultCount)) rejected"
          + (totals.leftOutCount > 0 ? " + \(count(totals.leftOutCount)) left out." : ".")
      )
    ]
    if let lost = totals.counters["terminators_cut"], lost > 0 {
      lines.append(
        (
          .warn,
          "\(count(lost)) samples lost the token that ends their response: from them the model does not learn to stop."
        ))
    }
    let unlearned = statistics.ends.reduce(0) { $0 + $1.samples - $1.learned }
    if unlearned > 0 {
      lines.append(
        (
          .warn,
          "\(Format.count(unlearned)) samples end in a token that is not learned; see “What ends a sample”."
        ))
    }
    if let missing {
      lines.append((.warn, "Texts and authors are not shown: \(missing.text(for: .command))"))
    }
    return lines
  }
}
