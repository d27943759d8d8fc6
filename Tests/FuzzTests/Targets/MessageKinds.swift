import Identity
import Model
import Sealing
import Wire

@testable import Raft
@testable import Segments
@testable import Store

extension MessageKind {
    /// Every message of `proto/`. One call each, so that each gets a decoder of its own, as where it is received.
    static let all: [MessageKind] = [
        .of(Bootstrap.self), .of(CreateSecret.self), .of(UpdateSecret.self), .of(RemoveSecret.self),
        .of(CreateConfig.self), .of(RemoveConfig.self), .of(CreateService.self), .of(UpdateService.self),
        .of(RemoveService.self), .of(AddNode.self), .of(UpdateNode.self), .of(RemoveNode.self),
        .of(NodeObservation.self), .of(ObserveNodes.self), .of(ApproveMember.self), .of(TaskChange.self),
        .of(UpdateProgress.self), .of(ImagePin.self), .of(ChangeTasks.self), .of(RotateToken.self), .of(Outcome.self),
        .of(Proposal.self),
        .of(Reply.self), .of(Joined.self), .of(ShownToken.self), .of(MemberStatus.self), .of(ClusterStatus.self),
        .of(ShownNode.self), .of(NodeList.self), .of(ShownSecret.self), .of(SecretList.self), .of(ShownConfig.self),
        .of(ConfigList.self), .of(ShownService.self), .of(ServiceList.self), .of(ShownTask.self), .of(TaskList.self),
        .of(Request.self), .of(GetStatus.self), .of(InitCluster.self), .of(JoinCluster.self), .of(LeaveCluster.self),
        .of(GetJoinToken.self), .of(ListObjects.self), .of(Filter.self), .of(ChangeNode.self), .of(DeleteNode.self),
        .of(PutSecret.self), .of(ReplaceSecret.self), .of(DeleteObject.self), .of(PutConfig.self), .of(PutService.self),
        .of(ReplaceService.self), .of(ListTasks.self), .of(Entry.self), .of(HardState.self), .of(Configuration.self),
        .of(Failure.self), .of(LinkParameters.self), .of(ResponderPayload.self), .of(InitiatorPayload.self),
        .of(Welcome.self), .of(Goodbye.self), .of(Ping.self), .of(Pong.self), .of(Credit.self), .of(Enrol.self),
        .of(EnrolAnswer.self), .of(ClusterKeys.self), .of(ClusterKeysStored.self), .of(Actor.self),
        .of(ClusterSpec.self), .of(JoinToken.self), .of(IssuingKey.self), .of(KeyEpoch.self), .of(Cluster.self),
        .of(ConfigSpec.self), .of(Config.self), .of(Meta.self), .of(NodeSpec.self), .of(NodeDescription.self),
        .of(NodeStatus.self), .of(Node.self), .of(ManagerAddress.self), .of(Driver.self), .of(SecretSpec.self),
        .of(SecretVersion.self), .of(Secret.self), .of(FileTarget.self), .of(SecretReference.self),
        .of(ConfigReference.self), .of(Mount.self), .of(HealthCheck.self), .of(Ulimit.self), .of(ProgramSpec.self),
        .of(ReplicatedMode.self), .of(GlobalMode.self), .of(UpdateConfig.self), .of(ServiceSpec.self),
        .of(UpdateStatus.self), .of(Service.self), .of(TaskStatus.self), .of(StoredTask.self), .of(ContainerSpec.self),
        .of(NetworkAttachment.self), .of(Resources.self), .of(RestartPolicy.self), .of(Placement.self),
        .of(TaskSpec.self), .of(AssignedValue.self), .of(AssignedConfig.self), .of(RemovedValue.self),
        .of(AssignmentChange.self), .of(RemovedTask.self), .of(RemovedConfig.self), .of(Assignment.self),
        .of(HeldVersion.self), .of(AssignmentApplied.self), .of(TaskReport.self), .of(ReportTasks.self),
        .of(ReportTasksAnswer.self), .of(ExecStart.self), .of(ExecInput.self), .of(ExecOutput.self),
        .of(ExecResize.self), .of(ExecSignal.self), .of(ExecExit.self), .of(LogsStart.self), .of(LogsSource.self),
        .of(LogsChunk.self),
        .of(LogsPosition.self),
        .of(LogLine.self), .of(LogsEnd.self), .of(GetUsage.self), .of(TaskUsage.self), .of(WatchEvents.self),
        .of(ClusterEvent.self), .of(EventList.self),
        .of(Register.self), .of(Registered.self),
        .of(Redirect.self), .of(Heartbeat.self), .of(HeartbeatAnswer.self), .of(Unregistered.self),
        .of(SnapshotOffer.self), .of(SnapshotChunk.self), .of(SnapshotMark.self), .of(Certificate.self),
        .of(CertificateBody.self), .of(EpochKey.self), .of(ClusterKeyring.self), .of(Keyring.self),
        .of(SealedKeyring.self), .of(SealedDelivery.self), .of(ValueEnvelope.self), .of(RaftMessage.self),
        .of(LogEntry.self), .of(LogMark.self), .of(LogRecord.self), .of(StoreHead.self), .of(RequestBatch.self),
        .of(RequestRecord.self), .of(SavedStaged.self), .of(StoreEnd.self), .of(NodeIdentity.self), .of(TaskNote.self),
        .of(DialBulk.self), .of(StagedSecret.self), .of(StagedConfig.self), .of(StagedService.self),
        .of(StagePiece.self), .of(PublishStack.self), .of(PutPiece.self), .of(DeployStack.self),
    ]
}
