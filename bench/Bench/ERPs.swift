import ERP
import ERPPeers
import Glibc
import Model
import Platform

/// A delivery of 10, 200 and 2000 lines through each ERP's connector against its stand-in in this process. Prints a line a
/// flow as soon as it is measured: ERP, flow, lines, calls that read and that write, seconds of the connector and of the stand-in.
struct ERPBench {
    static let sizes = [10, 200, 2000]

    func run() {
        let isDone = Locked(false)
        Task.detached {
            for peer in FlowRun.Peer.allCases {
                for lines in Self.sizes { await Self.play(peer, lines) }
            }
            isDone.change { $0 = true }
        }
        _ = isDone.wait { $0 ? true : nil }
    }

    private static func play(_ peer: FlowRun.Peer, _ lines: Int) async {
        do {
            try await FlowRun.run(peer, lines: lines) { figure in
                print(
                    "erp \(peer.rawValue)\t\(figure.flow)\t\(lines) lines\t\(figure.reads) + \(figure.writes) calls\tconnector \(seconds(figure.connector)) s\tstand-in \(seconds(figure.peer)) s"
                )
            }
        } catch {
            print("erp \(peer.rawValue)\t\(lines) lines\tfailed: \(error.sentence)")
        }
    }

    /// With four digits after the point.
    private static func seconds(_ duration: Duration) -> Double {
        (Double(duration.nanoseconds) / 1e5).rounded() / 1e4
    }
}
