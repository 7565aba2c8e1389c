import Testing

@testable import JSONText

@Suite("JSON writer")
struct JSONWriterTests {
  @Test("commas come by themselves, between values and never before the first")
  func commas() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("ids")
    writer.ints([0, 7, 10, 128_000, -3] as [Int32])
    writer.key("none")
    writer.beginArray()
    writer.endArray()
    writer.key("flags")
    writer.beginArray()
    writer.bool(true)
    writer.null()
    writer.double(0.5)
    writer.beginObject()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    writer.newline()
    writer.int(Int.min)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == "{\"ids\":[0,7,10,128000,-3],\"none\":[],\"flags\":[true,null,0.5,{}]}\n-9223372036854775808"
    )
  }

  @Test("strings are escaped, and each maximal part that is not UTF-8 is one U+FFFD")
  func strings() {
    for (bytes, text) in [
      (Array("a\"\\\n\t\u{1}é\u{10FFFF}".utf8), "\"a\\\"\\\\\\n\\t\\u0001é\u{10FFFF}\""),
      ([0x61, 0xF0, 0x9F, 0x98, 0x61], "\"a\u{FFFD}a\""),
      ([0xED, 0xA0, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\""),
      ([0xC0, 0x80, 0xE2, 0x82], "\"\u{FFFD}\u{FFFD}\u{FFFD}\""),
      ([], "\"\""),
    ] as [([UInt8], String)] {
      var writer = JSONWriter()
      writer.string(bytes)
      #expect(Array(writer.bytes) == Array(text.utf8))
    }
  }
}
