import Files
import Masking
import Problems

/// Reads every byte of a shard and names all that is damaged, not only the first.
///
/// Each byte is under a checksum: header, index and rejects under their XXH3, data frames under those
/// of the index (of their bytes and of their content) and zstd's own, and the seek table is compared
/// with what the other frames say that it must be.
public struct ShardVerifier {
  public private(set) var damage: [Problem] = []
  /// nil where header or index is damaged.
  public private(set) var summary: ShardSummary?
  /// The rejects as JSON lines.
  public private(set) var rejects: [UInt8] = []

  private let path: String
  private let bytes: [UInt8]
  private let layout: ShardLayout
  private var header: ShardHeader?
  private var index: ShardIndex?

  /// Checks a file. O(file), one shard in memory.
  public init(_ path: String) {
    self.path = path
    var bytes: [UInt8] = []
    var failure: Problem?
    do throws(Problem) {
      bytes = try ReadableFile(path).readAll()
    } catch {
      failure = error
    }
    self.bytes = bytes
    layout = ShardLayout(bytes)
    if let failure {
      damage = [failure]
      return
    }
    check()
    if damage.isEmpty, let header, let index {
      summary = ShardSummary(
        header: header, index: index, fileSize: bytes.count, fileDigest: Digest128(of: bytes))
    }
  }

  private mutating func check() {
    guard !layout.spans.isEmpty, bytes.count >= 16 else {
      report(0, "header", at: 0, "the file is cut off here, or not a shard of prep")
      return
    }
    checkHeader()
    if layout.seekTable == nil {
      let number =
        layout.spans.lastIndex {
          ShardLayout.magic(bytes, at: $0.offset) == Zstd.skippableMagic + SeekTable.variant
        } ?? (layout.end == bytes.count ? layout.spans.count - 1 : layout.spans.count)
      report(
        number, "seek table",
        at: number < layout.spans.count ? layout.spans[number].offset : layout.end,
        "the file is cut off or damaged here: no seek table makes up its end")
    }
    checkIndex()
    let dataFrames =
      header?.frameCount ?? index?.frames.count
      ?? layout.spans.filter { ShardLayout.magic(bytes, at: $0.offset) == Zstd.frameMagic }.count
    var counted = Totals()
    var samples: UInt64 = 0
    let classes = listedClasses()
    for number in 0..<dataFrames {
      guard layout.spans.indices.contains(number + 1) else {
        report(number + 1, "data", at: layout.end, "the frame is missing")
        // A header that somebody made may ask for any number of them.
        if number - layout.spans.count < 16 { continue }
        break
      }
      if let frame = checkData(number, layout.spans[number + 1]) {
        counted.rows += UInt64(frame.count)
        counted.tokens += UInt64(frame.tokens.count)
        counted.supervisedTokens += UInt64(frame.supervisedCount)
        samples += UInt64(frame.samples.count)
        if let classes { check(classes, number, of: frame) }
      }
    }
    guard let header, damage.isEmpty else { return }
    checkRejects(header)
    checkSeekTable()
    let stated = header.totals
    if stated.rows != counted.rows || stated.tokens != counted.tokens
      || stated.supervisedTokens != counted.supervisedTokens || header.samplesInRows != samples
      || stated.records != stated.accepted &+ stated.rejectedCount
    {
      report(0, "header", at: 0, "its totals are not those of the frames")
    }
  }

  private mutating func checkHeader() {
    guard
      let content = ShardLayout.skippable(
        bytes, layout.spans[0], variant: ShardFrameVariant.header)
    else {
      report(0, "header", at: 0, "the frame's magic number or size is wrong")
      return
    }
    do throws(Problem) {
      header = try ShardHeader(decoding: content)
    } catch {
      damage.append(error.at(path: path, frame: 0, part: "frame 0 (header)", offset: 0))
    }
  }

  /// The index is the last frame before the seek table.
  private mutating func checkIndex() {
    let number =
      layout.seekTable != nil
      ? layout.spans.count - 2
      : layout.spans.lastIndex {
        ShardLayout.magic(bytes, at: $0.offset)
          == Zstd.skippableMagic + ShardFrameVariant.index
      } ?? layout.spans.count - 1
    guard number > 0 else { return }
    let span = layout.spans[number]
    guard
      let content = ShardLayout.skippable(bytes, span, variant: ShardFrameVariant.index)
    else {
      if layout.seekTable != nil {
        report(number, "index", at: span.offset, "the frame's magic number or size is wrong")
      }
      return
    }
    do throws(Problem) {
      let index = try ShardIndex(decoding: content)
      guard index.frames.count == header?.frameCount ?? index.frames.count else {
        throw Problem(reason: "it does not list the header's frames", remedy: Problem.rerun)
      }
      self.index = index
    } catch {
      damage.append(
        error.at(path: path, frame: number, part: "frame \(number) (index)", offset: span.offset))
    }
  }

  private mutating func checkData(_ number: Int, _ span: ShardLayout.Span) -> Rows? {
    let frame = Array(bytes[span.range])
    do throws(Problem) {
      let content: [UInt8]
      if let entry = index?.frames[number] {
        guard entry.offset == UInt64(span.offset), Int(entry.size) == span.size,
          xxh3(frame) == entry.fileDigest
        else {
          throw Problem(
            reason: "its bytes are not what was written (checksum)", remedy: Problem.rerun)
        }
        content = try ShardReader.content(of: frame, frame: entry)
      } else {
        guard let size = Zstd.contentSize(of: frame), size <= frame.count << 17 else {
          throw Problem(reason: "it is not a zstd frame that prep wrote", remedy: Problem.rerun)
        }
        content = try ZstdDecompressor().decompress(frame, size: size)
      }
      guard let header else { return nil }
      return try FrameDecoder.rows(decoding: content, spec: header.spec)
    } catch {
      damage.append(
        error.at(
          path: path, frame: number + 1,
          part: index?.partName(number) ?? "frame \(number + 1) (data)", offset: span.offset))
      return nil
    }
  }

  /// Checks the classes of the rows of a data frame.
  private mutating func check(
    _ classes: (content: [UInt8], entries: [ClassesFrame.Entry]), _ number: Int, of rows: Rows
  ) {
    let frame = layout.spans.count - 3
    let entry = classes.entries[number]
    do throws(Problem) {
      guard entry.offset + entry.size + 8 <= classes.content.count else {
        throw ClassesFrame.damaged("list leads out of the frame")
      }
      _ = try ClassesFrame.classes(
        Array(classes.content[entry.offset..<entry.offset + entry.size]), entry, of: rows)
    } catch {
      damage.append(
        error.at(
          path: path, frame: frame, part: "frame \(frame) (classes)",
          offset: layout.spans[frame].offset))
    }
  }

  /// The frame of classes, and where those of each data frame stand; nil where the shard has none, or a damaged one.
  private mutating func listedClasses() -> (content: [UInt8], entries: [ClassesFrame.Entry])? {
    guard let header, header.features.contains(.classes), layout.seekTable != nil,
      layout.spans.count >= 4
    else { return nil }
    let number = layout.spans.count - 3
    let span = layout.spans[number]
    do throws(Problem) {
      guard
        let content = ShardLayout.skippable(bytes, span, variant: ShardFrameVariant.classes),
        content.count >= 24
      else { throw ClassesFrame.damaged("magic number or size is wrong") }
      var end = ByteCursor(content[(content.count - 8)...])
      guard end.integer() == xxh3(content.dropLast(8)) else {
        throw ClassesFrame.damaged("checksum is wrong")
      }
      return (content, try ClassesFrame.entries(content, frames: header.frameCount))
    } catch {
      damage.append(
        error.at(
          path: path, frame: number, part: "frame \(number) (classes)", offset: span.offset))
      return nil
    }
  }

  private mutating func checkRejects(_ header: ShardHeader) {
    let number = header.frameCount + 1
    let expected = header.totals.rejectedCount
    guard layout.spans.count == header.fileFrameCount + 1 else {
      report(
        number, "rejects", at: layout.spans[min(number, layout.spans.count - 1)].offset,
        "the file does not have the frames that the header names")
      return
    }
    guard expected > 0 else { return }
    let span = layout.spans[number]
    guard let content = ShardLayout.skippable(bytes, span, variant: ShardFrameVariant.rejects)
    else {
      report(number, "rejects", at: span.offset, "the frame's magic number or size is wrong")
      return
    }
    do throws(Problem) {
      let (count, lines) = try RejectsFrame.decoded(content, decompressor: ZstdDecompressor())
      guard count == Int(clamping: expected),
        lines.count(where: { $0 == UInt8(ascii: "\n") }) == count
      else {
        throw Problem(
          reason: "they are not as many as the header says", remedy: Problem.rerun)
      }
      rejects = lines
    } catch {
      damage.append(
        error.at(path: path, frame: number, part: "frame \(number) (rejects)", offset: span.offset))
    }
  }

  /// Every bit of the seek table follows from the other frames.
  private mutating func checkSeekTable() {
    guard let table = layout.seekTable, let index else { return }
    for (number, entry) in table.entries.enumerated() {
      let span = layout.spans[number]
      var expected = SeekTable.Entry(
        size: UInt32(span.size), contentSize: 0, checksum: SeekTable.emptyChecksum)
      if index.frames.indices.contains(number - 1) {
        var end = ByteCursor(bytes[(span.range.upperBound - 4)..<span.range.upperBound])
        expected.contentSize = index.frames[number - 1].contentSize
        expected.checksum = end.integer() ?? 0
      }
      if entry != expected {
        report(
          table.entries.count, "seek table",
          at: layout.spans[table.entries.count].offset + 8 + 12 * number,
          "its entry for frame \(number) is not that frame's")
      }
    }
  }

  private mutating func report(_ frame: Int, _ name: String, at offset: Int, _ reason: String) {
    damage.append(
      Problem(
        path: path, frame: frame, part: "frame \(frame) (\(name))", offset: offset, reason: reason,
        remedy: Problem.rerun))
  }
}
