import Wire

/// Every message of this module, for what holds for all of them: the schema of `proto/`, and round trips.
///
/// By file, in the order of each file. A test finds what `proto/` has and this list has not.
public enum MessageRegistry {
    public static let messages: [any Message.Type] = [
        Bootstrap.self, CreateSecret.self, UpdateSecret.self, RemoveSecret.self, CreateConfig.self, RemoveConfig.self,
        CreateService.self, UpdateService.self, RemoveService.self, AddNode.self, UpdateNode.self, RemoveNode.self,
        NodeObservation.self, ObserveNodes.self, ApproveMember.self, TaskChange.self, UpdateProgress.self,
        ImagePin.self, ChangeTasks.self, StagedSecret.self, StagedConfig.self, StagedService.self, StagePiece.self,
        PublishStack.self,
        RotateToken.self, Outcome.self,
        Proposal.self,
        WatchEvents.self, ClusterEvent.self, EventList.self,
        Reply.self, Joined.self, ShownToken.self, MemberStatus.self, ClusterStatus.self, ShownNode.self,
        NodeList.self, ShownSecret.self, SecretList.self, ShownConfig.self, ConfigList.self, ShownService.self,
        ServiceList.self, ShownTask.self, TaskList.self,
        Request.self, GetStatus.self, InitCluster.self, JoinCluster.self, LeaveCluster.self, GetJoinToken.self,
        ListObjects.self, Filter.self, ChangeNode.self, DeleteNode.self, PutSecret.self, ReplaceSecret.self,
        DeleteObject.self, PutConfig.self, PutService.self, ReplaceService.self, ListTasks.self,
        PutPiece.self, DeployStack.self,
        Entry.self, HardState.self, Configuration.self,
        Failure.self,
        LinkParameters.self, ResponderPayload.self, InitiatorPayload.self, Welcome.self, Goodbye.self, Ping.self,
        Pong.self, DialBulk.self, Credit.self, Enrol.self, EnrolAnswer.self, ClusterKeys.self, ClusterKeysStored.self,
        Actor.self,
        ClusterSpec.self, JoinToken.self, IssuingKey.self, KeyEpoch.self, Cluster.self,
        ConfigSpec.self, Config.self,
        Meta.self,
        NodeSpec.self, NodeDescription.self, NodeStatus.self, Node.self, ManagerAddress.self,
        Driver.self, SecretSpec.self, SecretVersion.self, Secret.self,
        FileTarget.self, SecretReference.self, ConfigReference.self, Mount.self, HealthCheck.self, Ulimit.self,
        ProgramSpec.self,
        ReplicatedMode.self, GlobalMode.self, UpdateConfig.self, ServiceSpec.self, UpdateStatus.self, Service.self,
        TaskStatus.self, StoredTask.self,
        ContainerSpec.self, NetworkAttachment.self, Resources.self, RestartPolicy.self, Placement.self, TaskSpec.self,
        AssignedValue.self, AssignedConfig.self, RemovedValue.self, AssignmentChange.self, RemovedTask.self,
        RemovedConfig.self, Assignment.self, HeldVersion.self, AssignmentApplied.self, TaskReport.self,
        ReportTasks.self, ReportTasksAnswer.self,
        ExecStart.self, ExecInput.self, ExecOutput.self, ExecResize.self, ExecSignal.self, ExecExit.self,
        LogsStart.self, LogsPosition.self, LogsSource.self, LogsChunk.self, LogLine.self, LogsEnd.self,
        GetUsage.self, TaskUsage.self,
        Register.self, Registered.self, Redirect.self, Heartbeat.self, HeartbeatAnswer.self, Unregistered.self,
        SnapshotOffer.self, SnapshotChunk.self, SnapshotMark.self,
        NodeIdentity.self, TaskNote.self,
    ]
}
