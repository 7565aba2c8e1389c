import Files
import Testing

@testable import Report

@Suite struct LengthCountsTests {
  private func counts(_ lengths: [Int]) -> LengthCounts {
    var counts = LengthCounts()
    for length in lengths { counts.add(length) }
    return counts
  }

  @Test func quantilesAreThoseOfTheSortedLengths() {
    let lengths = (0..<997).map { $0 * $0 % 431 }
    let sorted = lengths.sorted()
    let counts = counts(lengths)
    for share in [0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1] {
      let index = max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)
      #expect(counts.quantile(share) == sorted[index], "share \(share)")
    }
    #expect(counts.total == 997)
    #expect(counts.sum == lengths.reduce(0, +))
    #expect(counts.shortest == sorted.first)
    #expect(counts.longest == sorted.last)
  }

  @Test func aHistogramHoldsEverySampleOnce() {
    let counts = counts([0, 1, 5, 5, 63, 64, 200])
    for bins in [1, 2, 7, 48, 1000] {
      let histogram = counts.histogram(bins: bins)
      #expect(histogram.counts.reduce(0, +) == 7)
      #expect(histogram.counts.count <= bins)
      #expect(histogram.width * histogram.counts.count > 200)
    }
    #expect(counts.histogram(bins: 4, end: 1024).counts.count == 4)
    #expect(LengthCounts().histogram(bins: 10).counts == [0])
  }

  @Test func cutLengthsAreCounted() {
    let counts = counts([10, 20, 30])
    #expect(counts.count(beyond: 20) == 1)
    #expect(counts.sum(cutTo: 15) == 10 + 15 + 15)
    #expect(counts.sum(cutTo: 100) == 60)
  }

  @Test func sumsAreThoseOfAllLengths() {
    var sum = counts([3, 9])
    sum += counts([1, 12])
    #expect(sum == counts([1, 3, 9, 12]))
  }

  @Test func packedRowsHoldEverySample() throws {
    let packed = try #require(
      DataSetStatistics.packed(counts([60, 60, 40, 40]), contextLength: 100))
    #expect(packed.rows == 2)
    #expect(packed.fill == 1)
    #expect(DataSetStatistics.packed(LengthCounts(), contextLength: 8) == nil)
  }
}

@Suite struct PageTests {
  @Test func jsonCannotEndItsScript() {
    let json = Array(#"{"a":"</script><!--<script>"}"#.utf8)
    let escaped = Report.escaped(json)
    #expect(!escaped.contains(UInt8(ascii: "<")))
    #expect(
      String(decoding: escaped, as: UTF8.self)
        == #"{"a":"\u003c/script>\u003c!--\u003cscript>"}"#)
  }

  /// The test vectors of RFC 4648, section 10.
  @Test func base64IsThatOfTheStandard() {
    let vectors = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
      "foobar": "Zm9vYmFy",
    ]
    for (plain, encoded) in vectors { #expect(Base64.encoded(Array(plain.utf8)) == encoded) }
  }
}
