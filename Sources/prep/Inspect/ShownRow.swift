import JSONText
import Masking
import Problems
import Tokenizer

/// One row to be shown, and what is known of it beside its columns: who wrote its tokens, and where.
struct ShownRow {
  var row: Row
  /// Who wrote each token; empty where it is not known.
  var origins: [TokenOrigin] = []
  /// Where its records stand, one a sample.
  var places: [Place]
  var contextLength: Int
  var padID: UInt32
  /// What was cut off its sample, where that is known.
  var cut: Truncation.Cut?
  /// Bytes of its record for which the tokenizer has no token: those of samples that were made twice count twice.
  var bytesWithoutToken = 0

  struct Place {
    var file: String
    /// From 1.
    var line: Int
    /// In bytes (decompressed).
    var offset: Int
  }

  var paddingCount: Int { max(0, contextLength - row.count) }

  /// One JSON object and a line end.
  func write(to writer: inout JSONWriter, tokenizer: BPETokenizer, padded: Bool) {
    let length = padded ? contextLength : row.count
    writer.beginObject()
    writer.key("input_ids")
    writer.ints(row.inputIDs(paddedTo: length, pad: padID))
    writer.key("labels")
    writer.ints(row.labels(paddedTo: length))
    writer.key("attention_mask")
    writer.ints(row.attentionMask(paddedTo: length))
    writer.key("tokens")
    writer.beginArray()
    for id in row.tokens { writer.string(TokenText.plain(id, tokenizer)) }
    writer.endArray()
    if !origins.isEmpty {
      writer.array("authors", origins) { $1.string($0.author) }
      writer.array("reasons", origins) { $1.string($0.reason) }
      writer.array("byte_ranges", origins) { origin, writer in
        if let bytes = origin.bytes {
          writer.ints([bytes.lowerBound, bytes.upperBound])
        } else {
          writer.null()
        }
      }
    }
    if bytesWithoutToken > 0 { writer.member("bytes_without_token", bytesWithoutToken) }
    writer.key("source")
    if places.count == 1 {
      write(places[0], to: &writer)
    } else {
      writer.beginArray()
      for place in places { write(place, to: &writer) }
      writer.endArray()
      writer.key("segment_lengths")
      writer.ints(row.samples.map(\.count))
      writer.key("position_ids")
      writer.ints(row.positionIDs(paddedTo: length))
    }
    if row.runWeights.contains(where: { $0 != 1 }) {
      writer.key("loss_weights")
      writer.beginArray()
      for weight in row.weights(paddedTo: length) { writer.double(Double(weight)) }
      writer.endArray()
    }
    writer.endObject()
    writer.newline()
  }

  private func write(_ place: Place, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("file")
    writer.string(place.file)
    writer.key("line")
    writer.int(place.line)
    writer.key("offset")
    writer.int(place.offset)
    writer.endObject()
  }
}
