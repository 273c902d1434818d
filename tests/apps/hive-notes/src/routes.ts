import type { NativeStackScreenProps } from '@react-navigation/native-stack';

export type Routes = {
  Apiary: undefined;
  Hive: { hive: string };
};

export type ApiaryProps = NativeStackScreenProps<Routes, 'Apiary'>;
export type HiveProps = NativeStackScreenProps<Routes, 'Hive'>;
