// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6, strict memory safety, warnings are errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "prep",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "prep", targets: ["prep"]),
    .library(name: "PrepKit", targets: ["PrepKit"]),
    .library(name: "PrepABI", type: .dynamic, targets: ["PrepABI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
  ],
  targets: [
    // System libraries.
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    .systemLibrary(
      name: "CPCRE2", pkgConfig: "libpcre2-8",
      providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CXXHash"),
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "CUnicode"),
    .target(name: "CPieces", dependencies: ["CUnicode"], exclude: ["kernel.h"]),
    .target(name: "CEmbedded", exclude: ["gpt2.tiktoken", "LICENSE-gpt2", "report"]),

    // Ours, in the order in which data flows.
    .target(name: "Problems", swiftSettings: strict),
    .target(
      name: "Files", dependencies: ["Problems", "CXXHash", "CZlib", "CZstd", system],
      swiftSettings: strict),
    .target(name: "JSONText", dependencies: ["Problems", "CSimdjson"], swiftSettings: strict),
    .target(
      name: "Input", dependencies: ["Problems", "Files", "JSONText", system], swiftSettings: strict),
    .target(
      name: "Patterns", dependencies: ["Problems", "CPCRE2", "CUnicode"], swiftSettings: strict),
    .target(
      name: "Tokenizer",
      dependencies: [
        "Problems", "Files", "JSONText", "Patterns", "CEmbedded", "CPieces", "CUnicode", system,
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(name: "Jinja", dependencies: ["Problems", "JSONText"], swiftSettings: strict),
    .target(
      name: "InstructionFormat",
      dependencies: [
        "Problems", "JSONText", "Jinja",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "Masking", dependencies: ["Problems", "InstructionFormat"], swiftSettings: strict),
    .target(
      name: "ShardWriter",
      dependencies: ["Problems", "Files", "Masking", "JSONText", "CSQLite", system],
      swiftSettings: strict),
    .target(
      name: "Exports",
      dependencies: ["Problems", "Files", "ShardWriter", "Masking", "JSONText", "CZlib", system],
      swiftSettings: strict),
    .target(
      name: "Pipeline",
      dependencies: [
        "Problems", "Files", "Input", "Tokenizer", "Jinja", "InstructionFormat", "Masking",
        "ShardWriter", "JSONText", "CEmbedded", system,
      ],
      swiftSettings: strict),
    .target(
      name: "Doctor",
      dependencies: [
        "Problems", "Input", "Pipeline", "Tokenizer", "Jinja", "InstructionFormat", "Masking",
        "ShardWriter", "JSONText",
      ],
      swiftSettings: strict),
    .target(
      name: "Report",
      dependencies: [
        "Problems", "Files", "Input", "Pipeline", "Tokenizer", "InstructionFormat", "Masking",
        "ShardWriter", "JSONText", "CEmbedded",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "prep",
      dependencies: [
        "Problems", "Files", "Input", "Doctor", "Report", "Pipeline", "Tokenizer", "Jinja",
        "InstructionFormat", "Masking", "ShardWriter", "Exports", "JSONText", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(
      name: "PrepKit",
      dependencies: [
        "Problems", "Input", "Tokenizer", "InstructionFormat", "Masking", "ShardWriter", "Exports",
        "Pipeline", "Doctor",
      ],
      swiftSettings: strict),
    .target(name: "CPrepABI"),
    .target(
      name: "PrepABI",
      dependencies: [
        "CPrepABI", "Problems", "Files", "Pipeline", "Tokenizer", "InstructionFormat", "Masking",
        "ShardWriter", "JSONText",
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Files", "ShardWriter", "Masking", "Problems"],
      path: "Tests/TestSupport", swiftSettings: strict),
    // Reads inputs that nobody would write: `make fuzz`.
    .target(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "CFuzzer", "Files", "InstructionFormat", "Input", "Masking", "Patterns", "Pipeline",
        "Problems", "ShardWriter", "TestSupport", "Tokenizer",
      ], path: "Tests/Fuzz/Fuzz", swiftSettings: strict),
    .testTarget(name: "ReportTests", dependencies: ["Report", "Files"], swiftSettings: strict),
    .testTarget(name: "ProblemsTests", dependencies: ["Problems"], swiftSettings: strict),
    .testTarget(
      name: "JSONTextTests", dependencies: ["JSONText", "Problems"], swiftSettings: strict),
    .testTarget(
      name: "PatternsTests", dependencies: ["Patterns", "Problems"], swiftSettings: strict),
    .testTarget(
      name: "TokenizerTests",
      dependencies: ["Tokenizer", "Patterns", "JSONText", "Problems", system],
      swiftSettings: strict),
    .target(
      name: "JinjaSupport", dependencies: ["Jinja", "JSONText", "Problems"],
      path: "Tests/JinjaSupport",
      swiftSettings: strict),
    // Renders the templates of the oracle tests, one a line.
    .executableTarget(
      name: "JinjaLines", dependencies: ["JinjaSupport", "JSONText"], path: "Tests/JinjaLines",
      swiftSettings: strict),
    .testTarget(
      name: "JinjaTests", dependencies: ["Jinja", "JinjaSupport", "JSONText", "Files", system],
      exclude: ["Cases"],
      swiftSettings: strict),
    .testTarget(
      name: "InstructionFormatTests",
      dependencies: ["InstructionFormat", "Jinja", "JSONText", "Problems"],
      swiftSettings: strict),
    .testTarget(
      name: "MaskingTests", dependencies: ["Masking", "InstructionFormat", "Problems"],
      swiftSettings: strict),
    .testTarget(
      name: "ShardWriterTests",
      dependencies: ["ShardWriter", "Masking", "JSONText", "Files", "Problems", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "InputTests", dependencies: ["Input", "Files", "Problems", "TestSupport", system],
      swiftSettings: strict),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Pipeline", "Input", "Tokenizer", "InstructionFormat", "Masking", "ShardWriter", "JSONText",
        "Files", "Problems", "PrepKit", "TestSupport", system,
      ], swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["prep", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
    .testTarget(
      name: "ExportsTests",
      dependencies: ["Exports", "ShardWriter", "Masking", "Problems", "Files", "TestSupport"],
      swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
