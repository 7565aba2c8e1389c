import TestSupport
import Testing

@testable import ShardWriter

@Suite("What differs between specs")
struct SpecDifferencesTests {
  private func spec(_ json: String) -> ShardSpec {
    ShardSpec(json: Array(json.utf8), contextLength: 8, padID: 0, idCount: 10)
  }

  @Test("members are named with both values, nested ones by their path, long ones by name alone")
  func members() {
    let long = String(repeating: "x", count: 200)
    let own = spec(#"{"a":1,"b":"t","c":{"d":[1,2],"e":true},"f":null,"g":"\#(long)","i":3}"#)
    let other = spec(#"{"a":2,"b":"t","c":{"d":[1,3],"e":true},"f":0.5,"g":"y","h":7}"#)
    #expect(
      own.differences(from: other) == [
        "a is 1, not 2", "c.d is [1,2], not [1,3]", "f is not given, not 0.5", "g is another",
        "i is 3 there, and not given now", "h is not given, not 7",
      ])
    #expect(own.differences(from: own).isEmpty)
  }

  @Test("specs that are not JSON are told apart by their digests")
  func notJSON() {
    let (own, other) = (spec("{"), spec("}"))
    #expect(own.differences(from: other) == ["the spec is \(own.digest), not \(other.digest)"])
    #expect(own.differences(from: own).isEmpty)
  }
}
