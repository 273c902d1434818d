-- Who works together and on what: teams, which may be given projects, tasks of a project with
-- comments and attachments, and what is told to whom.

CREATE TABLE teams (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE team_members (
  team_id TEXT NOT NULL REFERENCES teams (id),
  user_id TEXT NOT NULL REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_user ON team_members (user_id, team_id);

-- What the people of a team may do in a project, beside what each of them may by themselves.
CREATE TABLE project_teams (
  project_id TEXT NOT NULL REFERENCES projects (id),
  team_id TEXT NOT NULL REFERENCES teams (id),
  role TEXT NOT NULL CHECK (role IN ('admin', 'member', 'guest')),
  created_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, team_id)
);
CREATE INDEX project_teams_team ON project_teams (team_id, project_id);

CREATE TABLE tasks (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'done')),
  assignee TEXT REFERENCES users (id),
  created_by TEXT NOT NULL REFERENCES users (id),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX tasks_project ON tasks (project_id, id);

CREATE TABLE comments (
  id TEXT NOT NULL PRIMARY KEY,
  task_id TEXT NOT NULL REFERENCES tasks (id),
  author TEXT NOT NULL REFERENCES users (id),
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX comments_task ON comments (task_id, id);

CREATE TABLE attachments (
  -- The name of its object, too.
  id TEXT NOT NULL PRIMARY KEY,
  task_id TEXT NOT NULL REFERENCES tasks (id),
  uploaded_by TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  -- SHA-256, in hex.
  digest TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX attachments_task ON attachments (task_id, id);

CREATE TABLE notifications (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  kind TEXT NOT NULL CHECK (kind IN ('preview_finished', 'comment', 'assignment')),
  -- JSON: the ids of what it is about.
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT
);
CREATE INDEX notifications_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;
