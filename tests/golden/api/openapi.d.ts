// Made from /openapi.json of the same server. Do not change it by hand.
/** Where an artifact is for a while. */
export type ArtifactLinks = {
  "bytes": number;
  "device_id": string;
  "digest": string;
  "expires_in": number;
  "metadata_url": string;
  "url": string;
};

/** A token for an artifact. */
export type ArtifactToken = {
  "artifact_url": string;
  "expires_at": string;
  "token": string;
};

/** What a device fetches. */
export type ArtifactView = {
  "bytes": number;
  "digest": string;
};

/** An attachment, and where its bytes are for a while. */
export type AttachmentLink = (AttachmentView & {
  "expires_in": number;
  "url": string;
});

/** An attachment as the project's people see it. */
export type AttachmentView = {
  "bytes": number;
  "created_at": string;
  "digest": string;
  "id": string;
  "name": string;
  "uploaded_by": string;
};

/** A token for a build. */
export type BuildToken = {
  "expires_at": string;
  "token": string;
};

/** An address that was asked. */
export type Checked = {
  "checked_at": string;
  "error"?: string | null;
  "reachable": boolean;
  "status_code"?: number | null;
};

/** Each `ok` or `failed`. */
export type Checks = {
  "database": string;
  "objects": string;
  "queue": string;
  "redis"?: string | null;
};

/** Something that was said. */
export type CommentView = {
  "author": string;
  "body": string;
  "created_at": string;
  "id": string;
};

export type Credentials = {
  "email": string;
  "password": string;
};

/** What a project shall hold, of which the content of what changed is sent along. */
export type Delta = {
  "base"?: string | null;
  "files": Array<DeltaFile>;
};

export type DeltaFile = {
  "content_base64"?: string | null;
  "digest": string;
  "path": string;
};

/** One device with its sensors. */
export type Device = {
  /** What it is. */
  "device_context": DeviceContext;
  /** What it may measure. */
  "sensor_flags"?: SensorFlags;
};

/** What a device is. */
export type DeviceContext = {
  "brand": string;
  /** What its user calls it. */
  "device_id": string;
  "dpr": number;
  "height": number;
  "model": string;
  "orientation": Orientation;
  "os_version": string;
  "platform": Platform;
  "safe_area": SafeArea;
  "width": number;
  "zoom_mode": ZoomMode;
};

/** One device of a preview, with its artifact once there is one. */
export type DeviceView = ((Device | null) & {
  "artifact"?: (ArtifactView | null);
  "device_id": string;
});

/** One thing that somebody did. Places are parts of the screen, from 0 to 1. */
export type Did = ({
  "kind": "tap";
  "payload": Place;
} | {
  "kind": "swipe";
  "payload": {
    "from": Place;
    "to": Place;
  };
} | {
  "kind": "tilt";
  "payload": {
    "direction": Direction;
  };
} | {
  "kind": "shake";
  "payload": Record<string, unknown>;
} | {
  "kind": "nav";
  "payload": {
    "route": string;
  };
});

export type Direction = "left" | "right" | "forward" | "back";

/** Events, and where to go on. */
export type EventList = {
  "events": Array<EventView>;
  "next_after": number;
  "progress": number;
  "state": string;
};

/** An event of a job. */
export type EventView = {
  "at": string;
  "data": unknown;
  "kind": string;
  "seq": number;
};

/** What somebody did, for one job. */
export type Flow = {
  "device_id"?: string | null;
  "events": Array<Did>;
};

/** The same, where the path does not say which job. */
export type FlowOfJob = {
  "device_id"?: string | null;
  "events": Array<Did>;
  "job_id": string;
};

/** What a session token gives access to. */
export type Handed = {
  "expires_in": number;
  "session_token": string;
};

/** What a user is told of. */
export type Happened = "preview_finished" | "comment" | "assignment";

/** What became of an event. */
export type Heard = {
  "result": Outcome;
};

/** The image that an upload made. */
export type ImageView = {
  "bytes": number;
  "files": number;
  "image": string;
};

/** A preview. */
export type JobView = {
  "created_at": string;
  "devices": Array<DeviceView>;
  "error"?: unknown;
  "eventflow_enabled": boolean;
  "events_url": string;
  "expires_at"?: string | null;
  "finished_at"?: string | null;
  "image": string;
  "job_id": string;
  "platform": Platform;
  "progress": number;
  "project_id": string;
  "stage": string;
  "started_at"?: string | null;
  "state": string;
  "status_url": string;
  "tier": Tier;
  "timeout": boolean;
};

/** How many events were new. */
export type Kept = {
  "accepted": number;
  "dropped": number;
};

/** A key as its owner sees it. */
export type KeyView = {
  "created_at": string;
  "id": string;
  /** The key itself: once, in the answer that made it. */
  "key"?: string | null;
  "name": string;
  "prefix": string;
  "revoked_at"?: string | null;
};

/** What is known of an address: an answer, or that it was not asked now. */
export type Known = (Checked | Unchecked);

/** A list of files. */
export type Listed = {
  "files": Array<ListedFile>;
};

export type ListedFile = {
  "content"?: string | null;
  "content_base64"?: string | null;
  "path": string;
};

/** That the program answers. */
export type Live = {
  "status": string;
  "version": string;
};

/** A member as the others see them. */
export type MemberView = {
  "email": string;
  "role": Role;
  "user_id": string;
};

/** Something that is to be said. */
export type NewComment = {
  "body": string;
};

export type NewKey = {
  "name": string;
};

export type NewMember = {
  "email": string;
  "role": Role;
};

export type NewProject = {
  "name": string;
};

/** What the people of a team may do in a project. */
export type NewProjectTeam = {
  "role": Role;
  "team_id": string;
};

/** A task that is to be kept. */
export type NewTask = {
  /** The id of one of the project's people. */
  "assignee"?: string | null;
  "description"?: string;
  "title": string;
};

/** A team that is to be made. */
export type NewTeam = {
  "name": string;
};

/** A notification as its user sees it. */
export type NotificationView = {
  "created_at": string;
  "data": unknown;
  "id": string;
  "kind": Happened;
  "read_at"?: string | null;
};

export type Orientation = "portrait" | "landscape";

export type Outcome = "taken" | "known" | "ignored";

/** A page of a list. */
export type Page_AttachmentView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "bytes": number;
    "created_at": string;
    "digest": string;
    "id": string;
    "name": string;
    "uploaded_by": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_CommentView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "author": string;
    "body": string;
    "created_at": string;
    "id": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_JobView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "devices": Array<DeviceView>;
    "error"?: unknown;
    "eventflow_enabled": boolean;
    "events_url": string;
    "expires_at"?: string | null;
    "finished_at"?: string | null;
    "image": string;
    "job_id": string;
    "platform": Platform;
    "progress": number;
    "project_id": string;
    "stage": string;
    "started_at"?: string | null;
    "state": string;
    "status_url": string;
    "tier": Tier;
    "timeout": boolean;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_KeyView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "id": string;
    /** The key itself: once, in the answer that made it. */
    "key"?: string | null;
    "name": string;
    "prefix": string;
    "revoked_at"?: string | null;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_MemberView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "email": string;
    "role": Role;
    "user_id": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_NotificationView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "data": unknown;
    "id": string;
    "kind": Happened;
    "read_at"?: string | null;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_ProjectTeamView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "name": string;
    "role": Role;
    "team_id": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_ProjectView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "id": string;
    "image"?: string | null;
    "name": string;
    "role": Role;
    "updated_at": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_TaskView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "assignee"?: string | null;
    "created_at": string;
    "created_by": string;
    "description": string;
    "id": string;
    "project_id": string;
    "status": TaskStatus;
    "title": string;
    "updated_at": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_TeamView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "id": string;
    "name": string;
    "role": Role;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

export type Place = {
  "x": number;
  "y": number;
};

/** What a preview is for. */
export type Platform = "ios" | "ipad" | "android" | "web";

/** A preview that is asked for. */
export type PreviewAsk = {
  "dev"?: boolean;
  "devices"?: Array<unknown>;
  "entry"?: string | null;
  "eventflow_enabled"?: boolean;
  /** The digest of an image of the project; the newest one, when nothing is said. */
  "image"?: string | null;
  "minify"?: boolean;
  "platform": Platform;
};

/** An error: the members of RFC 9457, and the same under `error`. */
export type Problem = {
  /** A stable code, which /errors/{code} explains. */
  "code": string;
  "detail": string;
  "error": {
    /** A stable code, which /errors/{code} explains. */
    "code": string;
    "details": Record<string, unknown>;
    "message": string;
    "request_id": string;
  };
  "status": number;
  "title": string;
  /** Where its page is. */
  "type": string;
};

/** A team that works on a project. */
export type ProjectTeamView = {
  "name": string;
  "role": Role;
  "team_id": string;
};

/** A project as one of its people sees it. */
export type ProjectView = {
  "created_at": string;
  "id": string;
  "image"?: string | null;
  "name": string;
  "role": Role;
  "updated_at": string;
};

/** What is known of each address. */
export type Reached = {
  "reachability": Record<string, Known>;
};

/** Whether the program reaches what it needs. */
export type Ready = {
  "checks": Checks;
  "status": string;
};

export type RefreshToken = {
  "refresh_token": string;
};

export type Registration = {
  "display_name"?: string | null;
  "email": string;
  "password": string;
};

/** What a worker says when a job is over. */
export type Report = {
  "artifacts"?: Array<Reported>;
  /** The devices with their sensor flags, as the job has them. */
  "devices"?: Array<unknown>;
  "error"?: (ReportedError | null);
  "fence": number;
  "job_id": string;
  "platform": Platform;
  "status": Status;
};

/** One stored bundle. */
export type Reported = {
  "bundle_key": string;
  "bytes": number;
  "device_id": string;
  "digest": string;
  "metadata_key": string;
};

/** What went wrong, as the user will see it. */
export type ReportedError = {
  "code": string;
};

/** What somebody may do; each may do what those before it may. */
export type Role = "guest" | "member" | "admin" | "owner";

export type SafeArea = {
  "bottom": number;
  "left": number;
  "right": number;
  "top": number;
};

/** What a device may measure. Nothing, when nothing is said. */
export type SensorFlags = {
  "accelerometer"?: boolean;
  "camera"?: boolean;
  "gps"?: boolean;
  "gyroscope"?: boolean;
  "microphone"?: boolean;
};

/** What a login gives. */
export type Session = {
  "access_token": string;
  "expires_in": number;
  "refresh_token": string;
  "token_type": string;
};

export type SessionToken = {
  "session_token": string;
};

export type Status = "SUCCESS" | "FAILED" | "CANCELED";

/** An action that a preview was kept from. */
export type Suppressed = {
  "action": string;
  "job_id": string;
};

/** What became of a report. */
export type Taken = {
  "state": string;
};

/** What is to be changed of a task; what is not said stays. */
export type TaskChange = {
  /** The id of one of the project's people; null for nobody. */
  "assignee"?: string | null;
  "description"?: string | null;
  "status"?: (TaskStatus | null);
  "title"?: string | null;
};

/** How far a task is. */
export type TaskStatus = "open" | "in_progress" | "done";

/** A task as the project's people see it. */
export type TaskView = {
  "assignee"?: string | null;
  "created_at": string;
  "created_by": string;
  "description": string;
  "id": string;
  "project_id": string;
  "status": TaskStatus;
  "title": string;
  "updated_at": string;
};

/** A team as one of its people sees it. */
export type TeamView = {
  "created_at": string;
  "id": string;
  "name": string;
  "role": Role;
};

/** What a user pays for. */
export type Tier = "guest" | "free" | "pro" | "premium";

/** The same, where a token of version 1 says of what and what for. */
export type TokenAsk = {
  "dev"?: boolean;
  "devices"?: Array<unknown>;
  "entry"?: string | null;
  "eventflow_enabled"?: boolean;
  "minify"?: boolean;
  "token": string;
};

/** What a build token is asked for. */
export type TokenRequest = {
  "platform": Platform;
  /** An image's digest; the newest one, when nothing is said. */
  "ref"?: string | null;
};

export type Unchecked = "unknown";

/** How many were not read. */
export type Unread = {
  "unread": number;
};

/** The addresses that are meant. */
export type Urls = {
  "urls": Array<string>;
};

/** A user as they see themselves. */
export type UserView = {
  "display_name": string;
  "email": string;
  "id": string;
  "tier": Tier;
};

export type ZoomMode = "standard" | "zoomed";

/** What each operation takes, and what it answers when all goes well. */
export interface Operations {
  "GET /api/v1/api-keys": { body: undefined; answer: Page_KeyView };
  "POST /api/v1/api-keys": { body: NewKey; answer: KeyView };
  "DELETE /api/v1/api-keys/{key_id}": { body: undefined; answer: undefined };
  "POST /api/v1/auth/login": { body: Credentials; answer: Session };
  "POST /api/v1/auth/logout": { body: RefreshToken; answer: undefined };
  "POST /api/v1/auth/refresh": { body: RefreshToken; answer: Session };
  "POST /api/v1/auth/register": { body: Registration; answer: UserView };
  "POST /api/v1/auth/session-token": { body: undefined; answer: Handed };
  "POST /api/v1/auth/session-token/exchange": { body: SessionToken; answer: Session };
  "POST /api/v1/events": { body: FlowOfJob; answer: Kept };
  "GET /api/v1/me": { body: undefined; answer: UserView };
  "GET /api/v1/notifications": { body: undefined; answer: Page_NotificationView };
  "POST /api/v1/notifications/read-all": { body: undefined; answer: undefined };
  "GET /api/v1/notifications/unread-count": { body: undefined; answer: Unread };
  "POST /api/v1/notifications/{notification_id}/read": { body: undefined; answer: undefined };
  "GET /api/v1/preview/artifact": { body: undefined; answer: ArtifactLinks };
  "POST /api/v1/preview/build": { body: TokenAsk; answer: JobView };
  "POST /api/v1/preview/sandbox-event": { body: Suppressed; answer: undefined };
  "GET /api/v1/projects": { body: undefined; answer: Page_ProjectView };
  "POST /api/v1/projects": { body: NewProject; answer: ProjectView };
  "GET /api/v1/projects/{project_id}": { body: undefined; answer: ProjectView };
  "POST /api/v1/projects/{project_id}/files": { body: Listed; answer: ImageView };
  "PUT /api/v1/projects/{project_id}/files": { body: Listed; answer: ImageView };
  "POST /api/v1/projects/{project_id}/files/delta": { body: Delta; answer: ImageView };
  "GET /api/v1/projects/{project_id}/members": { body: undefined; answer: Page_MemberView };
  "PUT /api/v1/projects/{project_id}/members": { body: NewMember; answer: MemberView };
  "DELETE /api/v1/projects/{project_id}/members/{user_id}": { body: undefined; answer: undefined };
  "GET /api/v1/projects/{project_id}/previews/jobs": { body: undefined; answer: Page_JobView };
  "POST /api/v1/projects/{project_id}/previews/jobs": { body: PreviewAsk; answer: JobView };
  "GET /api/v1/projects/{project_id}/previews/jobs/{job_id}": { body: undefined; answer: JobView };
  "POST /api/v1/projects/{project_id}/previews/jobs/{job_id}/artifact-token": { body: undefined; answer: ArtifactToken };
  "POST /api/v1/projects/{project_id}/previews/jobs/{job_id}/cancel": { body: undefined; answer: JobView };
  "GET /api/v1/projects/{project_id}/previews/jobs/{job_id}/events": { body: undefined; answer: EventList };
  "POST /api/v1/projects/{project_id}/previews/jobs/{job_id}/events": { body: Flow; answer: Kept };
  "GET /api/v1/projects/{project_id}/previews/jobs/{job_id}/logs": { body: undefined; answer: undefined };
  "POST /api/v1/projects/{project_id}/previews/token": { body: TokenRequest; answer: BuildToken };
  "POST /api/v1/projects/{project_id}/reachability": { body: Urls; answer: Reached };
  "GET /api/v1/projects/{project_id}/tasks": { body: undefined; answer: Page_TaskView };
  "POST /api/v1/projects/{project_id}/tasks": { body: NewTask; answer: TaskView };
  "GET /api/v1/projects/{project_id}/tasks/{task_id}": { body: undefined; answer: TaskView };
  "PATCH /api/v1/projects/{project_id}/tasks/{task_id}": { body: TaskChange; answer: TaskView };
  "DELETE /api/v1/projects/{project_id}/tasks/{task_id}": { body: undefined; answer: undefined };
  "GET /api/v1/projects/{project_id}/tasks/{task_id}/attachments": { body: undefined; answer: Page_AttachmentView };
  "POST /api/v1/projects/{project_id}/tasks/{task_id}/attachments": { body: undefined; answer: AttachmentView };
  "GET /api/v1/projects/{project_id}/tasks/{task_id}/attachments/{attachment_id}": { body: undefined; answer: AttachmentLink };
  "DELETE /api/v1/projects/{project_id}/tasks/{task_id}/attachments/{attachment_id}": { body: undefined; answer: undefined };
  "GET /api/v1/projects/{project_id}/tasks/{task_id}/comments": { body: undefined; answer: Page_CommentView };
  "POST /api/v1/projects/{project_id}/tasks/{task_id}/comments": { body: NewComment; answer: CommentView };
  "DELETE /api/v1/projects/{project_id}/tasks/{task_id}/comments/{comment_id}": { body: undefined; answer: undefined };
  "GET /api/v1/projects/{project_id}/teams": { body: undefined; answer: Page_ProjectTeamView };
  "PUT /api/v1/projects/{project_id}/teams": { body: NewProjectTeam; answer: ProjectTeamView };
  "DELETE /api/v1/projects/{project_id}/teams/{team_id}": { body: undefined; answer: undefined };
  "GET /api/v1/teams": { body: undefined; answer: Page_TeamView };
  "POST /api/v1/teams": { body: NewTeam; answer: TeamView };
  "GET /api/v1/teams/{team_id}": { body: undefined; answer: TeamView };
  "GET /api/v1/teams/{team_id}/members": { body: undefined; answer: Page_MemberView };
  "PUT /api/v1/teams/{team_id}/members": { body: NewMember; answer: MemberView };
  "DELETE /api/v1/teams/{team_id}/members/{user_id}": { body: undefined; answer: undefined };
  "POST /api/v1/webhooks/lemonsqueezy": { body: unknown; answer: Heard };
  "POST /api/v1/worker/callback": { body: Report; answer: Taken };
  "POST /api/v1/workers/callback": { body: Report; answer: Taken };
  "GET /errors/{code}": { body: undefined; answer: undefined };
  "GET /health": { body: undefined; answer: Live };
  "GET /health/deep": { body: undefined; answer: Ready };
}
