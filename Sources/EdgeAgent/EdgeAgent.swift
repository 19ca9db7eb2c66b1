import ArgumentParser
import ServiceLifecycle
import Logging
@main struct EdgeAgent: AsyncParsableCommand { func run() async throws { print("hi"); let g = ServiceGroup(services: [], logger: Logger(label: "x")); try await g.run() } }
