import Problems
import SystemPackage
import Testing

@testable import Tokenizer

@Suite("Hugging Face cache")
struct HuggingFaceCacheTests {
  @Test(
    "the folder comes from HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or the home folder, in this order")
  func folder() {
    func folder(_ variables: [String: String]) -> FilePath {
      HuggingFaceCache { variables[$0] }.folder
    }
    #expect(folder(["HOME": "/home/a"]) == "/home/a/.cache/huggingface/hub")
    #expect(folder(["HOME": "/home/a", "XDG_CACHE_HOME": "/xdg"]) == "/xdg/huggingface/hub")
    #expect(folder(["HF_HOME": "/hf", "XDG_CACHE_HOME": "/xdg"]) == "/hf/hub")
    #expect(folder(["HOME": "/home/a", "HF_HOME": "~/hf"]) == "/home/a/hf/hub")
    #expect(folder(["HF_HOME": "/hf", "HF_HUB_CACHE": "/hub"]) == "/hub")
    #expect(folder(["HF_HOME": "", "HOME": "/h"]) == "/h/.cache/huggingface/hub")
  }

  @Test("a name is one or two parts, with a revision after @")
  func names() {
    #expect(HuggingFaceCache.Name("Qwen/Qwen3-8B")?.repository == "Qwen/Qwen3-8B")
    #expect(HuggingFaceCache.Name("gpt2@refs/pr/1")?.revision == "refs/pr/1")
    for text in [
      "", "/a", "a/", "a/b/c", "../a", ".a/b", "a b/c", "a/b@", "a@../../x", "/etc/passwd", "-a/b",
    ] {
      #expect(HuggingFaceCache.Name(text) == nil, "\(text)")
    }
  }

  @Test("what is not in the cache gets the command that fetches it")
  func missing() throws {
    let cache = HuggingFaceCache { ["HF_HUB_CACHE": "/nonexistent"][$0] }
    let name = try #require(HuggingFaceCache.Name("Qwen/Qwen3-8B@v1"))
    do throws(Problem) {
      _ = try cache.snapshot(of: name)
      Issue.record("found a snapshot")
    } catch {
      #expect(
        error.description
          == "Qwen/Qwen3-8B@v1: neither a file nor a folder, and not in the Hugging Face cache /nonexistent (run: hf download Qwen/Qwen3-8B tokenizer.json tokenizer_config.json --revision v1)"
      )
    }
  }
}
