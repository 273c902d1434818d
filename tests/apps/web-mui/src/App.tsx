import { useMemo, useState } from 'react';
import { format, parseISO } from 'date-fns';
import { groupBy, orderBy, sumBy } from 'lodash-es';
import {
  AppBar,
  Button,
  Card,
  CardContent,
  Container,
  CssBaseline,
  LinearProgress,
  List,
  ListItem,
  ListItemText,
  Stack,
  Toolbar,
  Typography,
} from '@mui/material';
import { createTheme, ThemeProvider } from '@mui/material/styles';
import HiveIcon from '@mui/icons-material/Hive';

import { harvests } from './harvest';

const theme = createTheme({
  palette: { primary: { main: '#b7791f' }, background: { default: '#faf6ec' } },
  shape: { borderRadius: 12 },
});

export function App() {
  const [jars, setJars] = useState(0);
  const hives = useMemo(() => {
    const totals = Object.entries(groupBy(harvests, 'hive')).map(([hive, days]) => ({
      hive,
      kilograms: sumBy(days, 'kilograms'),
      last: orderBy(days, 'day', 'desc')[0].day,
    }));
    return orderBy(totals, 'kilograms', 'desc');
  }, []);
  const best = hives[0].kilograms;

  return (
    <ThemeProvider theme={theme}>
      <CssBaseline />
      <AppBar position="static" elevation={0}>
        <Toolbar>
          <HiveIcon sx={{ mr: 1 }} />
          <Typography variant="h6">Hive ledger</Typography>
        </Toolbar>
      </AppBar>
      <Container maxWidth="sm" sx={{ py: 3 }}>
        <Card>
          <CardContent>
            <Typography variant="overline">Harvest of the year</Typography>
            <List data-testid="hives">
              {hives.map((entry) => (
                <ListItem key={entry.hive} disableGutters>
                  <ListItemText
                    primary={`${entry.hive}: ${entry.kilograms.toFixed(1)} kg`}
                    secondary={`last on ${format(parseISO(entry.last), 'd MMMM yyyy')}`}
                  />
                  <LinearProgress
                    variant="determinate"
                    value={(100 * entry.kilograms) / best}
                    sx={{ width: 140, height: 8, borderRadius: 4 }}
                  />
                </ListItem>
              ))}
            </List>
          </CardContent>
        </Card>
        <Stack direction="row" spacing={2} sx={{ mt: 2, alignItems: 'center' }}>
          <Button variant="contained" onClick={() => setJars(jars + 1)}>
            Fill a jar
          </Button>
          <Typography>{jars === 1 ? '1 jar' : `${jars} jars`}</Typography>
        </Stack>
      </Container>
    </ThemeProvider>
  );
}
