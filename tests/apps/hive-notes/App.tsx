import { DefaultTheme, NavigationContainer } from '@react-navigation/native';
import { createNativeStackNavigator } from '@react-navigation/native-stack';
import { useFonts } from 'expo-font';
import { StatusBar } from 'expo-status-bar';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { colours } from '@hive-notes/palette';
import { ApiaryScreen } from './src/ApiaryScreen';
import { HiveScreen } from './src/HiveScreen';
import { JournalProvider } from './src/journal';
import type { Routes } from './src/routes';

const Stack = createNativeStackNavigator<Routes>();

const theme = {
  ...DefaultTheme,
  colors: { ...DefaultTheme.colors, background: colours.paper, primary: colours.honey },
};

export default function App() {
  const [loaded, failed] = useFonts({
    'Young Serif': require('./assets/fonts/YoungSerif-Regular.ttf'),
  });
  // A missing font must not keep anybody from their notes.
  if (!loaded && !failed) return null;

  return (
    <SafeAreaProvider>
      <JournalProvider>
        <NavigationContainer theme={theme}>
          <StatusBar style="dark" />
          <Stack.Navigator screenOptions={{ headerShown: false }}>
            <Stack.Screen name="Apiary" component={ApiaryScreen} options={{ title: 'Hive Notes' }} />
            <Stack.Screen name="Hive" component={HiveScreen} />
          </Stack.Navigator>
        </NavigationContainer>
      </JournalProvider>
    </SafeAreaProvider>
  );
}
