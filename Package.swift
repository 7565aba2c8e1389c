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
    .library(
      name: "PrepKit",
      targets: [
        "Tokenizer", "Jinja", "InstructionFormat", "Masking", "ShardWriter", "Exports", "Pipeline",
      ]),
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
    .target(name: "CEmbedded", exclude: ["gpt2.tiktoken", "LICENSE-gpt2"]),

    // Ours, in the order in which data flows.
    .target(name: "JSONText", dependencies: ["CSimdjson"], swiftSettings: strict),
    .target(
      name: "Tokenizer",
      dependencies: [
        "JSONText", "CPCRE2", "CEmbedded", "CUnicode", system,
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(name: "Jinja", dependencies: ["JSONText"], swiftSettings: strict),
    .target(
      name: "InstructionFormat",
      dependencies: [
        "JSONText", "Jinja", .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "Masking", dependencies: ["InstructionFormat"], swiftSettings: strict),
    .target(
      name: "ShardWriter",
      dependencies: ["Masking", "JSONText", "CZstd", "CSQLite", "CXXHash", system],
      swiftSettings: strict),
    .target(
      name: "Exports",
      dependencies: ["ShardWriter", "Masking", "JSONText", "CZlib", system],
      swiftSettings: strict),
    .target(
      name: "Pipeline",
      dependencies: [
        "Tokenizer", "Jinja", "InstructionFormat", "Masking", "ShardWriter", "JSONText",
        "CEmbedded",
        "CZlib",
        "CZstd", "CXXHash", system,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "prep",
      dependencies: [
        "Pipeline", "Tokenizer", "Jinja", "InstructionFormat", "Masking", "ShardWriter", "Exports",
        "JSONText",
        system, .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(name: "CPrepABI"),
    .target(
      name: "PrepABI",
      dependencies: [
        "CPrepABI", "Pipeline", "Tokenizer", "InstructionFormat", "Masking", "ShardWriter",
        "JSONText",
      ],
      swiftSettings: strict),

    .testTarget(name: "JSONTextTests", dependencies: ["JSONText"], swiftSettings: strict),
    .testTarget(name: "TokenizerTests", dependencies: ["Tokenizer"], swiftSettings: strict),
    .testTarget(name: "JinjaTests", dependencies: ["Jinja"], swiftSettings: strict),
    .testTarget(
      name: "InstructionFormatTests", dependencies: ["InstructionFormat", "Jinja", "JSONText"],
      swiftSettings: strict),
    .testTarget(name: "MaskingTests", dependencies: ["Masking"], swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["ShardWriter", "Masking"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "ShardWriterTests", dependencies: ["ShardWriter", "Masking", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ExportsTests", dependencies: ["Exports", "ShardWriter", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "PipelineTests", dependencies: ["Pipeline"], swiftSettings: strict),
    .testTarget(name: "CommandTests", dependencies: ["prep"], swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
