import InstructionFormat
import Jinja
import ShardWriter
import Tokenizer

/// Why a run stopped without publishing.
public enum RunError: Error, Sendable, CustomStringConvertible {
  case input(InputError)
  case output(ShardError)
  case tokenizer(TokenizerError)
  case template(TemplateError)
  /// A record ended the run, as `--truncate error` asks.
  case record(file: String, line: Int, RecordError)
  /// More rejects than allowed.
  case tooManyRejects(rejected: Int, records: Int, limit: RejectLimit, folder: String)
  /// The options contradict each other or the data.
  case options(reason: String, remedy: String)
  /// The run was told to stop.
  case cancelled

  public var description: String {
    switch self {
    case .input(let error): error.description
    case .output(let error): error.description
    case .tokenizer(let error): error.description
    case .template(let error): error.description
    case .record(let file, let line, let error): "\(file):\(line): \(error)"
    case .tooManyRejects(let rejected, let records, let limit, let folder):
      "\(rejected) of \(records) records were rejected, more than --max-rejects \(limit): nothing is "
        + "published (mend them, or raise the limit; see \(folder)/rejects.jsonl)"
    case .options(let reason, let remedy): "\(reason) (\(remedy))"
    case .cancelled: "stopped; the same command goes on where it stopped"
    }
  }
}

/// How many records may be rejected before a run fails.
public enum RejectLimit: Hashable, Sendable, CustomStringConvertible {
  /// A share of all records, from 0 to 1.
  case share(Double)
  case count(Int)

  /// Reads `1%`, `0.5%` or a number of records.
  public init?(_ text: String) {
    if text.hasSuffix("%") {
      guard let percent = Double(text.dropLast()), (0...100).contains(percent) else { return nil }
      self = .share(percent / 100)
    } else {
      guard let count = Int(text), count >= 0 else { return nil }
      self = .count(count)
    }
  }

  public var description: String {
    switch self {
    case .share(let share):
      share * 100 == (share * 100).rounded() ? "\(Int(share * 100))%" : "\(share * 100)%"
    case .count(let count): "\(count)"
    }
  }

  func allows(_ rejected: Int, of records: Int) -> Bool {
    switch self {
    case .share(let share): Double(rejected) <= share * Double(records)
    case .count(let count): rejected <= count
    }
  }
}
