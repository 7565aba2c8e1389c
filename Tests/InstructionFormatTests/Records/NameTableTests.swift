import Testing

@testable import InstructionFormat

@Suite("Names by their bytes")
struct NameTableTests {
  private func find<Meaning>(_ name: String, in table: NameTable<Meaning>) -> Meaning? {
    let bytes = Array(name.utf8)
    return unsafe bytes.withUnsafeBufferPointer { unsafe table.find($0) }
  }

  @Test("a name is found whatever its length, and no other one")
  func lengths() {
    // Every length around the words that are compared, and names that differ in one byte only.
    let names = (0...40).map { String(repeating: "x", count: $0) }
    let table = NameTable(names.enumerated().map { (Array($1.utf8), $0) })
    for (place, name) in names.enumerated() {
      #expect(find(name, in: table) == place)
      for index in name.utf8.indices {
        var other = Array(name.utf8)
        other[name.utf8.distance(from: name.utf8.startIndex, to: index)] = 0x79
        #expect(find(String(decoding: other, as: UTF8.self), in: table) == nil)
      }
    }
    #expect(find(String(repeating: "x", count: 41), in: table) == nil)
    #expect(find("\0", in: table) == nil)
  }

  @Test("of a name that is there twice the first meaning counts")
  func twice() {
    let table = NameTable([(Array("a".utf8), 1), (Array("b".utf8), 2), (Array("a".utf8), 3)])
    #expect(find("a", in: table) == 1)
    #expect(find("b", in: table) == 2)
  }

  @Test("many names have room")
  func many() {
    let names = (0..<500).map { "name \($0 * 7919)" }
    let table = NameTable(names.enumerated().map { (Array($1.utf8), $0) })
    for (place, name) in names.enumerated() { #expect(find(name, in: table) == place) }
  }
}
