import Files
import Problems

extension InputFiles {
  /// The files that hold the first `count` records (more than none), the last of them read that far only. Reads them up to
  /// there, unless there is but one.
  public static func first(_ count: Int, of files: [InputFile]) throws(Problem) -> [InputFile] {
    var kept: [InputFile] = []
    var left = count
    for file in files where left > 0 {
      var file = file
      file.recordLimit = left
      kept.append(file)
      guard files.count > 1 else { break }
      guard !file.isStandardInput else {
        throw Problem(
          .option,
          reason: "\(OptionName.limit) cannot count the records of standard input beside files",
          remedy: "name one input, or cut the input off before: head -n \(count)")
      }
      let reader = BlockReader(files: [file], blockSize: 1 << 20, maximumRecordSize: 16 << 20)
      let block = Block()
      while try reader.next(into: block) { left -= block.recordCount }
    }
    return kept
  }
}

extension Block {
  /// Records that it holds, those that cannot be read included.
  var recordCount: Int {
    var cursor = RecordCursor(self)
    var count = problems.count
    while cursor.next() != nil { count += 1 }
    return count
  }

  /// Leaves the first records alone, `count` of them; nil where it has no more than that. Else how many bytes and lines it has
  /// then.
  func keepRecords(_ count: Int) -> (bytes: Int, lines: Int)? {
    var cursor = RecordCursor(self)
    var end = 0
    var number = 0
    while number < count, let place = cursor.next() {
      end = place.end
      number += 1
    }
    // One that cannot be read is the last of its block.
    guard number == count, cursor.next() != nil || !problems.isEmpty else { return nil }
    if records == nil { end = unsafe bytes.newline(from: end).map { $0 + 1 } ?? self.count }
    truncate(to: end)
    records = records.map { Array($0.prefix(count)) }
    problems = []
    return (end, unsafe bytes.newlineCount)
  }
}
