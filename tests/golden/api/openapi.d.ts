// Made from /openapi.json of the same server. Do not change it by hand.
/** A file that is documented. */
export type AiDocJobView = {
  "created_at": string;
  "error"?: unknown;
  "finished_at"?: string | null;
  "job_id": string;
  /** `summary`, `comments`, `rename` or `full`. */
  "kind": string;
  "path": string;
  /** None for a file of no project. */
  "project_id"?: string | null;
  /** Where the record of its run can be read for a while: with the same file the run is made again from it, without a model. */
  "record_url"?: string | null;
  /** `summary`, `points`, `suggestions`, `left_out`, `diff` and `snippet`, once it is done; a list does not show it. */
  "result"?: unknown;
  "result_url": string;
  "started_at"?: string | null;
  /** `queued`, `running`, `success` or `failed`. */
  "state": string;
};

/** Documentation of a file that a model wrote. */
export type AiDocView = {
  "bytes": number;
  "created_at": string;
  "digest": string;
  "job_id": string;
  "kind": string;
  "path": string;
  "result_url": string;
  "user_id": string;
};

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

/** The newest of them. */
export type AuditEvents = {
  "events": Array<AuditView>;
};

/** Something that was done or refused. */
export type AuditView = {
  "action": string;
  "actor"?: string | null;
  "at": string;
  "code"?: string | null;
  "id": string;
  "request_id": string;
  "subject"?: string | null;
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

/** Nothing is said of which. */
export type CleanupAsk = Record<string, unknown>;

/** Where a clip was made. */
export type ClipPlatform = "twitch" | "youtube" | "unknown";

/** A file with lines that want comments. */
export type CommentAsk = {
  "path": string;
  /** The project that it is part of. */
  "project_id"?: string | null;
  "range": LineRange;
  "text": string;
};

/** Something that was said. */
export type CommentView = {
  "author": string;
  "body": string;
  "created_at": string;
  "id": string;
};

/** What a clip is about. */
export type ContentCategory = "development" | "gaming" | "tutorial" | "review" | "other";

/** A clip. */
export type ContentItem = {
  "audio_file_url"?: string | null;
  "broadcaster_name"?: string | null;
  /** RFC 3339. */
  "clip_created_at"?: string | null;
  /** Seconds. */
  "clip_duration"?: number | null;
  "clip_embed_url"?: string | null;
  "clip_id"?: string | null;
  "clip_thumbnail_url"?: string | null;
  "clip_title"?: string | null;
  "clip_url"?: string | null;
  "clip_view_count"?: number | null;
  "content_category"?: (ContentCategory | null);
  "content_item_id": string;
  "content_ready_at"?: string | null;
  /** 0 to 1. */
  "content_score"?: number | null;
  "content_tags"?: Array<string> | null;
  "creator_name"?: string | null;
  "enhanced_at"?: string | null;
  "error"?: (ItemError | null);
  "github_context_size_bytes"?: number | null;
  "github_context_url"?: string | null;
  "github_summary"?: string | null;
  "platform"?: (ClipPlatform | null);
  "processing_status"?: (ProcessingStatus | null);
  /** `1.0.0`. */
  "schema_version"?: string | null;
  "stored_at": string;
  "transcript_size_bytes"?: number | null;
  "transcript_summary"?: string | null;
  "transcript_url"?: string | null;
  "updated_at": string;
};

/** A job. */
export type ContentJobView = {
  "created_at": string;
  "error"?: (JobError | null);
  "expires_at": string;
  "finished_at"?: string | null;
  "job_id": string;
  "job_status": string;
  "progress": Progress;
  "result"?: (JobResult | null);
  "started_at"?: string | null;
  "status_url": string;
};

/** What kind of post. */
export type ContentType = "daily_recap" | "weekly_summary" | "topic_focus";

export type Credentials = {
  "email": string;
  "password": string;
};

/** The clips of this time, without its end. */
export type DateRange = {
  /** RFC 3339. */
  "end": string;
  /** RFC 3339. */
  "start": string;
};

/** What became of a delivery. */
export type DeliveryHeard = {
  /** Events that were not known. */
  "events": number;
  "result": DeliveryOutcome;
};

export type DeliveryOutcome = "taken" | "known" | "ignored";

/** What an address was told. */
export type DeliveryView = {
  "attempts": number;
  "created_at": string;
  /** Why there was none, or why the message is dead. */
  "error"?: string | null;
  /** The event's name; `ping` for a test. */
  "event": string;
  "finished_at"?: string | null;
  /** `webhook-id`, the same at each attempt. */
  "id": string;
  /** When it is tried again. */
  "next_attempt_at"?: string | null;
  "state": MessageState;
  /** The status of the last answer. */
  "status_code"?: number | null;
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
export type DeviceView = {
  "artifact"?: (ArtifactView | null);
  "device_context"?: (DeviceContext | null);
  "device_id": string;
  "sensor_flags"?: (SensorFlags | null);
};

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

/** Two versions to compare. */
export type DiffAsk = {
  "after": string;
  "before": string;
};

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

/** Which of the clips. */
export type Filters = {
  "categories"?: Array<ContentCategory> | null;
  /** Seconds. */
  "max_duration"?: number | null;
  /** The least `content_score`, 0 to 1. */
  "min_confidence"?: number | null;
  /** Seconds. */
  "min_duration"?: number | null;
  "min_views"?: number | null;
  "platform"?: (ClipPlatform | null);
  "processing_status"?: (ProcessingStatus | null);
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

/** A post that is asked for. */
export type GenerateAsk = {
  "content_type"?: ContentType;
  "date_range": DateRange;
  "filters"?: Filters;
  "limit"?: number;
  "mode"?: Mode;
  "page"?: number;
  /** Owner and name, such as `owner/name`. */
  "repository"?: string | null;
  "sort_by"?: SortKey;
  "sort_order"?: SortDirection;
};

/** What came of a request, as far as it is known. */
export type Generated = {
  /** The clips of the page; none of a job that is not over. */
  "content_items"?: Array<ContentItem> | null;
  "content_score"?: number | null;
  "date_range": DateRange;
  "error"?: (JobError | null);
  "expires_at": string;
  "job_id": string;
  "job_status": string;
  "pagination": Pagination;
  "status_url": string;
  "suggested_tags"?: Array<string> | null;
  "suggested_title"?: string | null;
  "summary": Summary;
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

/** A clip that something is said of. */
export type ItemAsk = {
  "audio_file_url"?: string | null;
  "broadcaster_name"?: string | null;
  /** RFC 3339. */
  "clip_created_at"?: string | null;
  /** Seconds. */
  "clip_duration"?: number | null;
  "clip_embed_url"?: string | null;
  "clip_id"?: string | null;
  "clip_thumbnail_url"?: string | null;
  "clip_title"?: string | null;
  "clip_url"?: string | null;
  "clip_view_count"?: number | null;
  "content_category"?: (ContentCategory | null);
  /** The sender's name for it. */
  "content_item_id": string;
  "content_ready_at"?: string | null;
  /** 0 to 1. */
  "content_score"?: number | null;
  "content_tags"?: Array<string> | null;
  "creator_name"?: string | null;
  "enhanced_at"?: string | null;
  "error"?: (ItemError | null);
  /** What is known of the repository at that time. */
  "github_context"?: unknown;
  "github_context_url"?: string | null;
  "github_summary"?: string | null;
  "platform"?: (ClipPlatform | null);
  "processing_status"?: (ProcessingStatus | null);
  /** `1.0.0`. */
  "schema_version"?: string | null;
  /** What is said in it. */
  "transcript"?: string | null;
  "transcript_summary"?: string | null;
  "transcript_url"?: string | null;
};

/** What is said of a clip. What is left out stays as it was. */
export type ItemDocument = {
  "audio_file_url"?: string | null;
  "broadcaster_name"?: string | null;
  /** RFC 3339. */
  "clip_created_at"?: string | null;
  /** Seconds. */
  "clip_duration"?: number | null;
  "clip_embed_url"?: string | null;
  "clip_id"?: string | null;
  "clip_thumbnail_url"?: string | null;
  "clip_title"?: string | null;
  "clip_url"?: string | null;
  "clip_view_count"?: number | null;
  "content_category"?: (ContentCategory | null);
  "content_ready_at"?: string | null;
  /** 0 to 1. */
  "content_score"?: number | null;
  "content_tags"?: Array<string> | null;
  "creator_name"?: string | null;
  "enhanced_at"?: string | null;
  "error"?: (ItemError | null);
  "github_context_url"?: string | null;
  "github_summary"?: string | null;
  "platform"?: (ClipPlatform | null);
  "processing_status"?: (ProcessingStatus | null);
  /** `1.0.0`. */
  "schema_version"?: string | null;
  "transcript_summary"?: string | null;
  "transcript_url"?: string | null;
};

/** What went wrong with a clip. */
export type ItemError = {
  "code": string;
  "message": string;
  /** RFC 3339. */
  "occurred_at": string;
};

export type ItemKept = {
  "content_item_id": string;
  "result": ItemResult;
};

export type ItemResult = "created" | "updated";

/** Clips. */
export type ItemsAsk = {
  "items": Array<ItemAsk>;
};

/** What became of the clips, in their order. */
export type ItemsKept = {
  "items": Array<ItemKept>;
};

/** What went wrong with a job. */
export type JobError = {
  "code": string;
  "message": string;
};

/** What came of a job. */
export type JobResult = {
  /** The branch that the patch is for. */
  "branch"?: string | null;
  /** The clips of the post with their scores and events. */
  "clips"?: Array<unknown> | null;
  "content_score"?: number | null;
  /** Where its patch can be. */
  "patch_url"?: string | null;
  /** The file that it adds. */
  "path"?: string | null;
  /** Where the post can be read for a while. */
  "post_url"?: string | null;
  /** Why none was, where one is configured and would not take it. */
  "pull_request_error"?: unknown;
  /** Where a pull request was opened, where a forge is configured. */
  "pull_request_url"?: string | null;
  /** Where the record of its run can be, from which it is made again without a model. */
  "record_url"?: string | null;
  "suggested_tags"?: Array<string> | null;
  "suggested_title"?: string | null;
  /** The marks of the post, 0 to 100. */
  "verdict"?: unknown;
};

/** How many jobs there are. */
export type JobStats = {
  /** From the request to the end, of those that are over; none where none is. */
  "average_milliseconds"?: number | null;
  "completed": number;
  "failed": number;
  "processing": number;
  "queued": number;
  "total": number;
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

/** What was removed. */
export type JobsRemoved = {
  "removed": number;
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

/** Lines, the first and the last, both from 1 on. */
export type LineRange = {
  "end": number;
  "start": number;
};

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

/** A map that is asked for. */
export type MapAsk = {
  /** How far the cascade of style sheets is followed. */
  "cia"?: "off" | "basic" | "deep";
  /** A branch, a tag or a commit of the project's repository on this server, in place of an image. */
  "git_ref"?: string | null;
  /** The digest of an image of the project; the newest one, when nothing is said. */
  "image"?: string | null;
};

/** A map, with what is known beside it. */
export type MapBody = {
  /** What people did in the newest previews of the project that record it, the most frequent first. */
  "eventflow": Array<Happened>;
  "map": unknown;
  /** Of addresses that the map names: what was learned lately, or that nobody asked. */
  "reachability": Record<string, Known>;
  "version": MapVersionView;
};

/** Something that was asked about a map. */
export type MapJobView = {
  /** Where the answer is, while it is kept. */
  "answer_url"?: string | null;
  "created_at": string;
  "error"?: unknown;
  "finished_at"?: string | null;
  "job_id": string;
  "kind": string;
  "project_id": string;
  "started_at"?: string | null;
  "state": string;
  "status_url": string;
  /** The version that it made; of a map alone. */
  "version_id"?: string | null;
};

/** A map that is kept. */
export type MapVersionView = {
  "bytes": number;
  "cia": string;
  "created_at": string;
  "digest": string;
  "edges": number;
  "image": string;
  "nodes": number;
  /** A threshold was met; the map says which. */
  "partial": boolean;
  "version_id": string;
};

/** A member as the others see them. */
export type MemberView = {
  "email": string;
  "role": Role;
  "user_id": string;
};

/** How far a message is. */
export type MessageState = "pending" | "delivered" | "dead";

/** Whether the answer waits for the post. */
export type Mode = "sync" | "async";

/** A file whose names want better ones. */
export type NamesAsk = {
  "path": string;
  /** The project that it is part of. */
  "project_id"?: string | null;
  "range"?: (LineRange | null);
  "text": string;
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

/** An address that is to be told. */
export type NewWebhook = {
  "events": Array<WebhookEvent>;
  /** Where: over https alone, and at no address of a private network. */
  "url": string;
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
export type Page_AiDocJobView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "error"?: unknown;
    "finished_at"?: string | null;
    "job_id": string;
    /** `summary`, `comments`, `rename` or `full`. */
    "kind": string;
    "path": string;
    /** None for a file of no project. */
    "project_id"?: string | null;
    /** Where the record of its run can be read for a while: with the same file the run is made again from it, without a model. */
    "record_url"?: string | null;
    /** `summary`, `points`, `suggestions`, `left_out`, `diff` and `snippet`, once it is done; a list does not show it. */
    "result"?: unknown;
    "result_url": string;
    "started_at"?: string | null;
    /** `queued`, `running`, `success` or `failed`. */
    "state": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_AiDocView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "bytes": number;
    "created_at": string;
    "digest": string;
    "job_id": string;
    "kind": string;
    "path": string;
    "result_url": string;
    "user_id": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

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
export type Page_ContentJobView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "error"?: (JobError | null);
    "expires_at": string;
    "finished_at"?: string | null;
    "job_id": string;
    "job_status": string;
    "progress": Progress;
    "result"?: (JobResult | null);
    "started_at"?: string | null;
    "status_url": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

/** A page of a list. */
export type Page_DeliveryView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "attempts": number;
    "created_at": string;
    /** Why there was none, or why the message is dead. */
    "error"?: string | null;
    /** The event's name; `ping` for a test. */
    "event": string;
    "finished_at"?: string | null;
    /** `webhook-id`, the same at each attempt. */
    "id": string;
    /** When it is tried again. */
    "next_attempt_at"?: string | null;
    "state": MessageState;
    /** The status of the last answer. */
    "status_code"?: number | null;
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
export type Page_MapVersionView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "bytes": number;
    "cia": string;
    "created_at": string;
    "digest": string;
    "edges": number;
    "image": string;
    "nodes": number;
    /** A threshold was met; the map says which. */
    "partial": boolean;
    "version_id": string;
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
export type Page_SpaceRunBrief = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    "current_step": number;
    "ended_at"?: string | null;
    "run_id": string;
    /** `open`, `blocked`, or `ended`. */
    "status": string;
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

/** A page of a list. */
export type Page_WebhookView = {
  /** There are rows after these. */
  "has_next": boolean;
  /** There are rows before these. */
  "has_prev": boolean;
  /** The rows. */
  "items": Array<{
    "created_at": string;
    /** Since when nothing is sent there, because nothing arrived; a test that arrives ends that. */
    "disabled_at"?: string | null;
    "events": Array<WebhookEvent>;
    "id": string;
    /** What messages are signed with: once, in the answer that made it. */
    "secret"?: string | null;
    "url": string;
  }>;
  /** Leads to the rows after these. */
  "next_cursor"?: string | null;
  /** Leads to the rows before these. */
  "prev_cursor"?: string | null;
};

export type Pagination = {
  "current_page": number;
  "has_next": boolean;
  "has_prev": boolean;
  "per_page": number;
  "total_items": number;
  "total_pages": number;
};

/** A test that is on its way. */
export type PingView = {
  /** Its `webhook-id`. */
  "id": string;
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
  /** A branch, a tag or a commit of the project's repository on this server, in place of an image. */
  "git_ref"?: string | null;
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

/** How far a clip is. */
export type ProcessingStatus = "pending" | "queued" | "audio_ready" | "transcribed" | "enhanced" | "ready_for_content" | "failed";

export type Progress = {
  "current": number;
  "step": string;
  "total": number;
};

/** What is wanted of a file of a project. */
export type ProjectAsk = {
  "kind": "summary" | "comments" | "rename" | "full";
  "path": string;
  "range"?: (LineRange | null);
  /** The file's text; that of the newest image of the project, when nothing is said. */
  "text"?: string | null;
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

/** A queue: depth, and what was done in the last five minutes. */
export type QueueView = {
  "jobs_5m": number;
  "oldest_wait_seconds"?: number | null;
  "queue": string;
  "running": number;
  "waiting": number;
};

/** Queues that were ever used. */
export type Queues = {
  "queues": Array<QueueView>;
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

/** A run that is asked for. */
export type RunAsk = {
  /** What is planned. */
  "plan"?: "residential" | "other";
  /** How large previews are from step 4 on; before it they are of 2K. */
  "quality_post_step4"?: "1K" | "2K" | "4K";
  /** Width to height, such as `16:9`; locked once it is said. */
  "ratio"?: string | null;
  /** What the user wants, in words. */
  "request": string;
};

export type SafeArea = {
  "bottom": number;
  "left": number;
  "right": number;
  "top": number;
};

/** What the autoscaler would do, and of what it thinks so. */
export type ScalingView = {
  "advice": Record<string, unknown>;
  "settings": Record<string, unknown>;
  "waiting": number;
  "workers": number;
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

/** What is to be switched off in thought. */
export type SimulateAsk = {
  /** Selectors as they are written, ids of rules, or paths of style sheets. */
  "muted": Array<string>;
  /** The version whose files are meant; the newest one, when nothing is said. */
  "version"?: string | null;
};

export type SortDirection = "asc" | "desc";

export type SortKey = "created_at" | "view_count" | "content_score" | "duration";

/** Something that is kept of a run. */
export type SpaceArtifactView = {
  "artifact_id": string;
  "bytes": number;
  "digest": string;
  "expires_at": string;
  /** `preview`, `original`, `json` or `metadata`. */
  "kind": string;
  "metadata": unknown;
  "step_id"?: number | null;
  "url": string;
};

/** What was decided after a supervision. */
export type SpaceDecisionView = {
  "attempt": number;
  "block_reason"?: string | null;
  "created_at": string;
  /** The person who decided; none where it was the supervisor. */
  "decided_by"?: string | null;
  /** `proceed`, `retry` or `block`. */
  "decision": string;
  "llm_audit": unknown;
  /** What they said about it. */
  "note"?: string | null;
  "retry_budget_remaining": number;
  "rule_checks": unknown;
  "schema_validations": unknown;
  "step_id": number;
};

/** A run in a list. */
export type SpaceRunBrief = {
  "created_at": string;
  "current_step": number;
  "ended_at"?: string | null;
  "run_id": string;
  /** `open`, `blocked`, or `ended`. */
  "status": string;
};

/** A run. */
export type SpaceRunView = (SpaceRunBrief & {
  "last_error"?: string | null;
  /** Milliseconds within which 95 of 100 services of a kind ended in the last day. */
  "p95_ms": Record<string, number>;
  "payload_size_estimate": number;
  "plan": string;
  "project_id": string;
  "quality_post_step4": string;
  "ratio": string;
  "ratio_locked": boolean;
  "request": string;
  "retries_left": number;
  "services": Array<SpaceServiceView>;
});

/** A service of a step. */
export type SpaceServiceView = {
  "attempts": number;
  "last_error"?: string | null;
  "processing_time_ms"?: number | null;
  /** The artifact with its result. */
  "result_ref"?: string | null;
  /** `image_io`, `info_worker`, `comparison` or `supervisor`. */
  "service": string;
  /** `pending`, `running`, `completed`, `failed` or `blocked`. */
  "status": string;
  "step_id": number;
};

/** A picture that was uploaded. */
export type SpaceUploadView = {
  "bytes": number;
  "digest": string;
  "upload_id": string;
};

/** A step that is to begin. */
export type StartAsk = {
  /** Uploads of this run, each once. */
  "upload_ids": Array<string>;
};

export type Status = "SUCCESS" | "FAILED" | "CANCELED";

export type Summary = {
  "total_clips": number;
  "total_commits": number;
  "total_issues": number;
  "total_prs": number;
};

/** A file to be told about. */
export type SummaryAsk = {
  "path": string;
  /** The project that it is part of. */
  "project_id"?: string | null;
  "text": string;
};

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
  /** An image's digest, or a ref of the project's repository; the newest image, when nothing is said. */
  "ref"?: string | null;
};

/** What a person decides about a run that is blocked. */
export type UnblockAsk = {
  /** What follows. */
  "decision": "proceed" | "retry";
  /** Why, for whoever reads the decisions later. */
  "note": string;
};

export type Unchecked = "unknown";

/** How many were not read. */
export type Unread = {
  "unread": number;
};

/** The addresses that are meant. */
export type Urls = {
  /** Each of 2048 bytes at most. */
  "urls": Array<string>;
};

/** A user as they see themselves. */
export type UserView = {
  "display_name": string;
  "email": string;
  "id": string;
  "tier": Tier;
};

/** What an address is told of. */
export type WebhookEvent = "preview.finished" | "preview.failed" | "preview.canceled" | "map.ready" | "map.failed" | "docs.ready" | "docs.failed";

/** An address as its project's owner sees it. */
export type WebhookView = {
  "created_at": string;
  /** Since when nothing is sent there, because nothing arrived; a test that arrives ends that. */
  "disabled_at"?: string | null;
  "events": Array<WebhookEvent>;
  "id": string;
  /** What messages are signed with: once, in the answer that made it. */
  "secret"?: string | null;
  "url": string;
};

/** One property of one element. */
export type WhyAsk = {
  /** A selector, or the id of a node of the map; the first element that it names. */
  "element": string;
  /** A longhand, such as `margin-left`, or a custom property. */
  "property": string;
  /** The version whose files are meant; the newest one, when nothing is said. */
  "version"?: string | null;
};

/** A worker and its last sign of life. */
export type WorkerView = {
  "active_jobs"?: number | null;
  "concurrency": number;
  "cpu_load"?: number | null;
  "failure_rate": number;
  "gpu_load"?: number | null;
  "id": string;
  "jobs_5m": number;
  "kind": string;
  "last_heartbeat_at": string;
  "memory_bytes"?: number | null;
  "name": string;
  "queue_depth"?: number | null;
  "queues": Array<string>;
  "started_at": string;
  "status": string;
  "version": string;
};

/** Workers, also those that are gone. */
export type Workers = {
  "workers": Array<WorkerView>;
};

export type ZoomMode = "standard" | "zoomed";

/** What each operation takes, and what it answers when all goes well. */
export interface Operations {
  "POST /api/content/generate": { body: GenerateAsk; answer: Generated };
  "POST /api/content/items": { body: ItemsAsk; answer: ItemsKept };
  "GET /api/jobs": { body: undefined; answer: Page_ContentJobView };
  "POST /api/jobs/cleanup": { body: CleanupAsk; answer: JobsRemoved };
  "GET /api/jobs/stats": { body: undefined; answer: JobStats };
  "GET /api/jobs/{job_id}/status": { body: undefined; answer: ContentJobView };
  "GET /api/v1/admin/audit": { body: undefined; answer: AuditEvents };
  "GET /api/v1/admin/autoscaler": { body: undefined; answer: ScalingView };
  "GET /api/v1/admin/queues": { body: undefined; answer: Queues };
  "GET /api/v1/admin/workers": { body: undefined; answer: Workers };
  "POST /api/v1/ai/file-summary": { body: SummaryAsk; answer: AiDocJobView };
  "POST /api/v1/ai/inline-comment": { body: CommentAsk; answer: AiDocJobView };
  "POST /api/v1/ai/rename-suggestions": { body: NamesAsk; answer: AiDocJobView };
  "GET /api/v1/ai/result/{job_id}": { body: undefined; answer: AiDocJobView };
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
  "GET /api/v1/projects/{project_id}/ai-docs/history": { body: undefined; answer: Page_AiDocView };
  "GET /api/v1/projects/{project_id}/ai-docs/jobs": { body: undefined; answer: Page_AiDocJobView };
  "GET /api/v1/projects/{project_id}/ai-docs/jobs/{job_id}": { body: undefined; answer: AiDocJobView };
  "POST /api/v1/projects/{project_id}/ai-docs/request": { body: ProjectAsk; answer: AiDocJobView };
  "POST /api/v1/projects/{project_id}/files": { body: Listed; answer: ImageView };
  "PUT /api/v1/projects/{project_id}/files": { body: Listed; answer: ImageView };
  "POST /api/v1/projects/{project_id}/files/delta": { body: Delta; answer: ImageView };
  "GET /api/v1/projects/{project_id}/maps": { body: undefined; answer: Page_MapVersionView };
  "POST /api/v1/projects/{project_id}/maps": { body: MapAsk; answer: MapJobView };
  "POST /api/v1/projects/{project_id}/maps/diff": { body: DiffAsk; answer: MapJobView };
  "GET /api/v1/projects/{project_id}/maps/jobs/{job_id}": { body: undefined; answer: MapJobView };
  "GET /api/v1/projects/{project_id}/maps/jobs/{job_id}/answer": { body: undefined; answer: unknown };
  "POST /api/v1/projects/{project_id}/maps/jobs/{job_id}/cancel": { body: undefined; answer: MapJobView };
  "GET /api/v1/projects/{project_id}/maps/latest": { body: undefined; answer: MapBody };
  "POST /api/v1/projects/{project_id}/maps/simulate": { body: SimulateAsk; answer: MapJobView };
  "POST /api/v1/projects/{project_id}/maps/why": { body: WhyAsk; answer: MapJobView };
  "GET /api/v1/projects/{project_id}/maps/{version_id}": { body: undefined; answer: MapBody };
  "GET /api/v1/projects/{project_id}/maps/{version_id}/page": { body: undefined; answer: undefined };
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
  "GET /api/v1/projects/{project_id}/space-runs": { body: undefined; answer: Page_SpaceRunBrief };
  "POST /api/v1/projects/{project_id}/space-runs": { body: RunAsk; answer: SpaceRunView };
  "GET /api/v1/projects/{project_id}/space-runs/{run_id}": { body: undefined; answer: SpaceRunView };
  "GET /api/v1/projects/{project_id}/space-runs/{run_id}/artifacts": { body: undefined; answer: Array<SpaceArtifactView> };
  "GET /api/v1/projects/{project_id}/space-runs/{run_id}/decisions": { body: undefined; answer: Array<SpaceDecisionView> };
  "POST /api/v1/projects/{project_id}/space-runs/{run_id}/end": { body: undefined; answer: SpaceRunView };
  "POST /api/v1/projects/{project_id}/space-runs/{run_id}/steps/{step_id}/start": { body: StartAsk; answer: SpaceRunView };
  "POST /api/v1/projects/{project_id}/space-runs/{run_id}/unblock": { body: UnblockAsk; answer: SpaceRunView };
  "POST /api/v1/projects/{project_id}/space-runs/{run_id}/uploads": { body: undefined; answer: SpaceUploadView };
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
  "GET /api/v1/projects/{project_id}/webhooks": { body: undefined; answer: Page_WebhookView };
  "POST /api/v1/projects/{project_id}/webhooks": { body: NewWebhook; answer: WebhookView };
  "DELETE /api/v1/projects/{project_id}/webhooks/{webhook_id}": { body: undefined; answer: undefined };
  "GET /api/v1/projects/{project_id}/webhooks/{webhook_id}/deliveries": { body: undefined; answer: Page_DeliveryView };
  "POST /api/v1/projects/{project_id}/webhooks/{webhook_id}/ping": { body: undefined; answer: PingView };
  "GET /api/v1/teams": { body: undefined; answer: Page_TeamView };
  "POST /api/v1/teams": { body: NewTeam; answer: TeamView };
  "GET /api/v1/teams/{team_id}": { body: undefined; answer: TeamView };
  "GET /api/v1/teams/{team_id}/members": { body: undefined; answer: Page_MemberView };
  "PUT /api/v1/teams/{team_id}/members": { body: NewMember; answer: MemberView };
  "DELETE /api/v1/teams/{team_id}/members/{user_id}": { body: undefined; answer: undefined };
  "POST /api/v1/webhooks/lemonsqueezy": { body: unknown; answer: Heard };
  "POST /api/v1/worker/callback": { body: Report; answer: Taken };
  "POST /api/v1/workers/callback": { body: Report; answer: Taken };
  "POST /api/webhooks/github": { body: unknown; answer: DeliveryHeard };
  "GET /errors/{code}": { body: undefined; answer: undefined };
  "GET /health": { body: undefined; answer: Live };
  "GET /health/deep": { body: undefined; answer: Ready };
  "GET /metrics": { body: undefined; answer: undefined };
}
