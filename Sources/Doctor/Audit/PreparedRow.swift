import JSONText
import Problems

/// A row that another tool prepared for training: ids, what is learned of them, and where its samples are.
struct PreparedRow {
  private(set) var ids: [UInt32] = []
  /// Whether each token is learned.
  private(set) var learned: [Bool] = []
  /// Where a label is another id than the token's; nil where none is, or where there are no labels.
  private(set) var otherLabel: Int?
  /// Whether each token is padding, as the attention mask says; nil where the row has none.
  private(set) var padding: [Bool]?
  /// Tokens of each sample, padding left out.
  private(set) var samples: [Range<Int>] = []

  /// Columns that say what is learned, the first that is there; 1 is learned in those that are masks.
  static let masks: [StaticString] = ["completion_mask", "assistant_masks", "loss_mask"]

  /// Throws where there are no ids, or a column has another length.
  init(_ row: JSONNode, padID: UInt32) throws(Problem) {
    guard let tokens = row["input_ids"] else {
      let names = row.isObject ? row.members.compactMap { $0.key.string } : []
      throw Problem(
        .inputUnsupported, reason: "a row has no input_ids",
        remedy: names.isEmpty
          ? "give rows that were prepared for training"
          : "it has \(names.joined(separator: ", ")): give rows that were prepared for training, or encode records with prep run"
      )
    }
    // One below 0 is of no tokenizer, as one that is too large.
    ids = try Self.numbers(tokens, "input_ids").map { UInt32(exactly: $0) ?? .max }
    if let labels = row["labels"], !labels.isNull {
      let labels = try column(labels, "labels")
      learned = labels.map { $0 != -100 }
      otherLabel = ids.indices.first { learned[$0] && labels[$0] != Int(ids[$0]) }
    } else {
      learned = [Bool](repeating: true, count: ids.count)
      for name in Self.masks {
        guard let mask = row[name], !mask.isNull else { continue }
        // TRL learns what every one of its masks marks.
        for (index, bit) in try column(mask, "\(name)").enumerated() where bit == 0 {
          learned[index] = false
        }
      }
    }
    var attention: [Int]?
    if let mask = row["attention_mask"], !mask.isNull {
      attention = try column(mask, "attention_mask")
      padding = attention?.map { $0 == 0 }
    }
    samples = try bounds(row, attention: attention, padID: padID)
  }

  private static func numbers(_ node: JSONNode, _ name: String) throws(Problem) -> [Int] {
    guard node.isArray else {
      throw Problem(
        .inputUnsupported, reason: "\(name) is no list of numbers",
        remedy: "give rows that were prepared for training")
    }
    var numbers: [Int] = []
    for element in node.elements {
      // Masks may be true and false.
      guard let number = element.int ?? element.bool.map({ $0 ? 1 : 0 }) else {
        throw Problem(
          .inputUnsupported, reason: "\(name) is no list of numbers",
          remedy: "give rows that were prepared for training")
      }
      numbers.append(number)
    }
    return numbers
  }

  private func column(_ node: JSONNode, _ name: String) throws(Problem) -> [Int] {
    let numbers = try Self.numbers(node, name)
    guard numbers.count == ids.count else {
      throw Problem(
        .inputUnsupported,
        reason: "\(name) has \(numbers.count) elements, input_ids \(ids.count)",
        remedy: "prepare the rows again")
    }
    return numbers
  }

  /// Where samples are: by lengths of the row's samples, else by positions that begin again, else by masks that number the
  /// samples (LLaMA-Factory's `neat_packing`), else the row is one.
  private func bounds(
    _ row: JSONNode, attention: [Int]?, padID: UInt32
  ) throws(Problem) -> [Range<Int>] {
    var starts: [Int] = []
    if let lengths = row["seq_lengths"], !lengths.isNull {
      var start = 0
      for length in try Self.numbers(lengths, "seq_lengths") {
        starts.append(start)
        start += max(0, min(length, ids.count - start))
      }
    } else if let positions = row["position_ids"], !positions.isNull {
      starts = try column(positions, "position_ids").indices(of: 0)
    } else if let attention, attention.contains(where: { $0 > 1 }) {
      starts = attention.indices.filter { $0 == 0 || attention[$0] != attention[$0 - 1] }
    }
    if starts.first != 0 { starts.insert(0, at: 0) }
    var found: [Range<Int>] = []
    for (start, next) in zip(starts, starts.dropFirst() + [ids.count]) {
      var range = start..<next
      if let padding {
        while let last = range.last, padding[last] { range.removeLast() }
        while let first = range.first, padding[first] { range.removeFirst() }
      } else if range.count == 1, ids[start] == padID, !learned[start] {
        // Positions of padding are 0.
        continue
      }
      if !range.isEmpty { found.append(range) }
    }
    return found
  }
}

extension [Int] {
  fileprivate func indices(of value: Int) -> [Int] { indices.filter { self[$0] == value } }
}
